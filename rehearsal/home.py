"""Where one rehearsal lives: a folder that holds all of it, and the environment that leads into it.

Nothing of a rehearsal is kept anywhere else (the engine itself is cached by user, see
``rehearsal.programs.cache``), so two clones never meet, and removing the folder removes the rehearsal.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import IsthmusError

VARIABLE = "ISTHMUS_HOME"
INSIDE = "ISTHMUS_SHELL"
"""Set in a shell that ``isthmus env`` has put into a rehearsal: the folder of its clone."""

# The state of a rehearsal holds no secret worth keeping: everything in it is made up on this machine.
PASSPHRASE = "rehearsal"  # noqa: S105

# What could lead a process of a rehearsal to a real account; the stand-ins take any credentials.
HOST_CREDENTIALS = re.compile(
    r"^(AWS_.*|OS_.*|KUBECONFIG|PULUMI_ACCESS_TOKEN|PULUMI_CONFIG_PASSPHRASE_FILE|PULUMI_CLOUD_URL|PULUMI_STACK)$"
)


class NoProject(IsthmusError):
    """There is no isthmus project around the current folder."""


def project_root(start: Path | None = None) -> Path:
    """The nearest folder at or above ``start`` (default: the current one) with isthmus' Pulumi.yaml.

    Raises NoProject where there is none.
    """
    start = (start or Path.cwd()).absolute()
    for folder in (start, *start.parents):
        file = folder / "Pulumi.yaml"
        if file.is_file() and re.search(r"^name:\s*['\"]?isthmus['\"]?\s*$", file.read_text(), re.MULTILINE):
            return folder
    raise NoProject(f"No isthmus project in {start} or above it: change into a clone of the repository.")


@dataclass(frozen=True)
class Home:
    """The folder of one rehearsal."""

    root: Path

    @classmethod
    def find(cls) -> Home:
        """``$ISTHMUS_HOME``, else ``.isthmus`` in the project around the current folder.

        Raises NoProject where there is neither.
        """
        if named := os.environ.get(VARIABLE):
            return cls(Path(named).absolute())
        return cls(project_root() / ".isthmus")

    @property
    def bin(self) -> Path:
        """Executables of the rehearsal: the engine, its language host."""
        return self.root / "bin"

    @property
    def pulumi_home(self) -> Path:
        """The engine's own home, so that the stand-in plugins meet no other stack."""
        return self.root / "pulumi-home"

    @property
    def state(self) -> Path:
        """The engine's file backend: state, locks, history."""
        return self.root / "state"

    @property
    def aws(self) -> Path:
        return self.root / "aws"

    @property
    def openstack(self) -> Path:
        return self.root / "openstack"

    @property
    def clusters(self) -> Path:
        return self.root / "clusters"

    @property
    def control_planes(self) -> Path:
        return self.root / "control-planes"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a process of this rehearsal, made from ``base`` (default: this process's).

        The host's cloud credentials are taken out, so that no mistake in a stack file can use them.
        """
        source = os.environ if base is None else base
        environment = {name: value for name, value in source.items() if not HOST_CREDENTIALS.match(name)}
        path = [entry for entry in environment.get("PATH", os.defpath).split(os.pathsep) if entry]
        environment["PATH"] = os.pathsep.join(
            [str(self.bin), *(entry for entry in path if entry != str(self.bin))]
        )
        environment.update(self.variables())
        return environment

    def variables(self) -> dict[str, str]:
        """What ``environment`` sets, beside PATH."""
        return {
            VARIABLE: str(self.root),
            "PULUMI_HOME": str(self.pulumi_home),
            # No metadata beside each file: it is not written aside, and a killed engine leaves it empty,
            # after which no engine can read the state.
            "PULUMI_BACKEND_URL": f"{self.state.as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "1",
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
