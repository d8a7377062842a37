"""The reference page of every setting, made from the models: key, type, unit, default, meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from infra.settings.catalogue import flavours, instance_types
from infra.settings.keys import fields_of
from infra.settings.model import Sections
from isthmus.settings.descriptions import descriptions
from isthmus.settings.fields import describe, flatten, unit
from isthmus.settings.sentences import show

FILE = Path(__file__).parents[2] / "docs" / "settings.md"
HEAD = """\
# Settings

Made from the models in `infra/settings` by `isthmus settings schema`: do not edit it by hand.

A stack file is `stacks/Pulumi.STACK.yaml`. Its settings stand under `config`, one key a section:
`isthmus:aws`, `isthmus:openstack` and so on; a section that is absent means its defaults. Below, the key
`aws.network.cidr` is `cidr` in `network` in `isthmus:aws`. `NAME` stands for a name that you choose.
Check files with `isthmus settings check`; it reports everything that is wrong at once.

A stack file is read as the engine reads it (Pulumi 3.259.0, `gopkg.in/yaml.v3`), by every command alike.
What another reader of YAML would take for something else is refused: `no`, `010`, `1_000`, `12:30`, times
other than a day, numbers of more than 64 bits, tags such as `!!int`, a second document, a key twice. Write
texts that look like one of these, such as an account's number or a digest, in quotes. A file has at most
1 MiB.
"""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be set**"
    value = field.get_default(call_default_factory=True)
    return "absent" if value is None else f"`{show(to_jsonable_python(value))}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def _rows(model: type[BaseModel], section: str) -> Iterator[str]:
    for key in fields_of(model, section):
        about = _cell(descriptions(key.model).get(key.name, ""))
        if key.holds == "models by name":
            yield f"| `{key.path}` | by name | | none | {about} |"
        elif key.holds == "a model":
            yield f"| `{key.path}` | a mapping | | absent | {about} |"
        else:
            inner, carried = flatten(key.field.annotation, key.field.metadata)
            kind = _cell(describe(inner, carried))
            yield f"| `{key.path}` | {kind} | {unit(inner, carried)} | {_default(key.field)} | {about} |"


def _machines(title: str, rows: Any, key: str) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield f"| {key} | CPU | vCPUs | memory, GiB | GPUs | memory of one GPU, GiB | compute capability |"
    yield "|---|---|---|---|---|---|---|"
    for machine in rows.values():
        gpus = f"{machine.gpus} x {machine.gpu}" if machine.gpus else ""
        memory = f"{machine.gpu_memory_gib:g}" if machine.gpus else ""
        yield (
            f"| `{machine.name}` | {machine.arch} | {machine.vcpus} | {machine.memory_gib:g} | {gpus} "
            f"| {memory} | {machine.compute_capability or ''} |"
        )


def text() -> str:
    """The page as it stands in ``docs/settings.md``."""
    lines = [HEAD]
    for name, field in Sections.model_fields.items():
        model = field.annotation
        assert isinstance(model, type)  # noqa: S101 - each one is a section
        assert issubclass(model, BaseModel)  # noqa: S101
        lines += [f"\n## isthmus:{name}\n", descriptions(Sections).get(name, ""), ""]
        lines += ["| key | allowed | unit | default | meaning |", "|---|---|---|---|---|"]
        lines += _rows(model, name)
    lines += _machines("EC2 instance types", instance_types(), "type")
    lines += _machines("OpenStack flavours", flavours(), "flavour")
    return "\n".join(lines) + "\n"
