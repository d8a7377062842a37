"""A copy of a cloud's stack file that can be previewed on a machine without credentials.

The secrets of a cloud stack are encrypted by a key service that this machine cannot ask. The copy
has placeholders in their place, still secret but under the rehearsal's passphrase, so that the
program takes the same way through its settings. The stack file itself is only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from isthmus.stack_files import StackFileError, read, write
from rehearsal.engine.errors import EngineError
from rehearsal.engine.files import write_text
from rehearsal.home import Home

PLACEHOLDER: Final = "placeholder"

# Under the passphrase of every rehearsal (rehearsal.home.PASSPHRASE), for anyone to read: what the engine
# writes beside a salt, and the placeholder (sdk/go/common/resource/config/crypt.go, 3.259.0: AES-256-GCM by
# a million rounds of PBKDF2, up to a second, so both were made once and are kept here).
_ENCRYPTIONSALT: Final = "v1:aXN0aG11cyE=:v1:gAXCyyV92FWsMmWh:Ata71qJg1jnvMixUV7LtKcm/oXv55A=="
_SEALED_PLACEHOLDER: Final = "v1:JPINYVI1zPWSyel3:np9vsomQTNkw4O0jvxkeb9jQLCKHIL/i0m5o"

# Each would send the engine to a service of the owner's.
_DROPPED: Final = ("secretsprovider", "encryptedkey", "encryptionsalt", "environment")


@dataclass(frozen=True)
class Derived:
    """The copy, the top-level keys that it lacks and the paths of the secrets that it replaces."""

    path: Path
    dropped: tuple[str, ...]
    replaced: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.path.name}: previewed from a copy"
        if self.replaced:
            text += f" with placeholders for {', '.join(self.replaced)}"
        return text + (f" without {', '.join(self.dropped)}" if self.dropped else "")


def derive(home: Home, project_dir: Path, stack: str) -> Derived:
    """Write the copy of ``stacks/Pulumi.<stack>.yaml`` into the rehearsal. Raises EngineError."""
    file = project_dir / "stacks" / f"Pulumi.{stack}.yaml"
    try:
        content = read(file)
    except FileNotFoundError:
        known = ", ".join(sorted(found.name.split(".")[1] for found in file.parent.glob("Pulumi.*.yaml")))
        raise EngineError(f"There is no {file}: the stacks here are {known or 'none'}.") from None
    except StackFileError as error:
        raise EngineError(f"{file}: {error}.") from None
    replaced: list[str] = []
    dropped = tuple(key for key in content.rest if key in _DROPPED)
    kept = {key: value for key, value in content.rest.items() if key not in _DROPPED}
    config = _replace(content.config, "", replaced)
    copy = {"encryptionsalt": _ENCRYPTIONSALT, **kept, "config": config}
    target = home.root / "derived" / file.name
    header = f"# Made from {file.name} for previews without credentials; written again each time.\n"
    write_text(target, write(copy, head=header))
    return Derived(target, dropped, tuple(replaced))


def _replace(value: Any, path: str, replaced: list[str]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            replaced.append(path)
            return {"secure": _SEALED_PLACEHOLDER}
        return {
            key: _replace(item, f"{path}.{key}" if path else str(key), replaced)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_replace(item, f"{path}[{i}]", replaced) for i, item in enumerate(value)]
    return value
