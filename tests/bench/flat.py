"""The floor of a preview: the same resources as a flat program of the providers' classes, no isthmus.

What the estate registers, with all its inputs, becomes a program as a user would write it by hand: one call
of a class for each resource, every input a literal (ids of other resources too, which is less work than a
reference), the same providers, the stock SDK.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from rehearsal.engine.command import Engine
from rehearsal.estate import Estate
from tests.infra.recorded import SECRET, Recorded

NAME = "flat"
"""Of the project and of its only stack."""

_HEAD = "import pulumi\nfrom pulumi import Output, ResourceOptions\n"
_PROVIDER = "pulumi:providers:"
_MADE_BY_THE_CLASS = ("apiVersion", "kind")
_OF_A_CHART = ("pulumi_kubernetes.apiextensions", "CustomResource")
"""The class of an object whose kind a chart defines: it is told version and kind."""


def program(resources: Iterable[Recorded], standing: bool = False) -> str:
    """The program's text. Raises KeyError where an input is none of its class.

    Args:
        resources: what is registered, components left out.
        standing: they exist, so that what reaches a cluster is known.
    """
    custom = sorted((resource for resource in resources if resource.custom), key=_last_in_clusters)
    providers: dict[tuple[str, str], str] = {}
    imported: dict[str, str] = {}
    body = []
    for resource in custom:
        inputs = dict(resource.inputs)
        if resource.type.startswith(_PROVIDER):
            package = resource.type.removeprefix(_PROVIDER)
            line = f"from pulumi_{package} import Provider"
            cls = import_module(f"pulumi_{package}").Provider
            inputs = {key: _unpacked(value) for key, value in inputs.items()}
            if "kubeconfig" in inputs and not standing:
                # Not known in a preview, like the id of anything.
                inputs["kubeconfig"] = _Code("Output.secret(known_later.id)")
            options = ""
            target = providers.setdefault((resource.type, resource.name), f"provider{len(providers)}")
        else:
            module, name = _class(resource.type)
            line = f"from {module} import {name}"
            cls = getattr(import_module(module), name)
            if resource.type.startswith("kubernetes:") and (module, name) != _OF_A_CHART:
                inputs = {key: value for key, value in inputs.items() if key not in _MADE_BY_THE_CLASS}
            place = resource.provider.split("::")
            provider = providers[place[-3].split("$")[-1], place[-2]]
            options = f", opts=ResourceOptions(provider={provider})"
            target = "known_later"
        alias = imported.setdefault(line, f"Class{len(imported)}")
        body.append(f"{target} = {alias}({_call(cls, resource.name, inputs)}{options})\n")
    return _HEAD + "".join(f"{line} as {alias}\n" for line, alias in imported.items()) + "".join(body)


def project(estate: Estate, text: str) -> Engine:
    """The engine of a project beside the estate's, in the same rehearsal, whose program is ``text``."""
    folder = estate.project_dir.parent / NAME
    (folder / "stacks").mkdir(parents=True, exist_ok=True)
    if not (folder / ".venv").exists():
        (folder / ".venv").symlink_to(Path(estate.project_dir / ".venv").resolve())
    settings = (estate.project_dir / "Pulumi.yaml").read_text().replace("name: isthmus", f"name: {NAME}")
    (folder / "Pulumi.yaml").write_text(settings.replace("main: infra\n", ""))
    (folder / "__main__.py").write_text(text)
    (folder / "stacks" / f"Pulumi.{NAME}.yaml").write_text("config: {}\n")
    return Engine(estate.home, folder)


def _last_in_clusters(resource: Recorded) -> tuple[bool, bool]:
    """Providers first, and what is in a cluster last, its provider before it."""
    in_cluster = resource.type.startswith(("kubernetes:", f"{_PROVIDER}kubernetes"))
    return in_cluster, not resource.type.startswith(_PROVIDER)


def _class(token: str) -> tuple[str, str]:
    """The module and the name of a type's class, as the provider's SDK has them registered."""
    from pulumi.runtime.rpc import _RESOURCE_MODULES

    import_module(f"pulumi_{token.split(':')[0]}")
    for module in _RESOURCE_MODULES.get(token.rsplit(":", 1)[0], ()):
        module_info: Mapping[str, Any] = vars(module)["mod_info"]
        if token in module_info["classes"]:
            return str(module_info["fqn"]), str(module_info["classes"][token])
    if token.startswith("kubernetes:"):
        return _OF_A_CHART
    raise KeyError(token)


def _call(cls: type, name: str, inputs: Mapping[str, Any]) -> str:
    parameters = inspect.signature(cls._internal_init).parameters  # type: ignore[attr-defined]
    python = {
        re.sub(r"_(\w)", lambda found: found[1].upper(), parameter.rstrip("_")): parameter
        for parameter in parameters
    }
    arguments = (f"{python[key]}={_literal(value)}" for key, value in inputs.items())
    return ", ".join((repr(name), *arguments))


class _Code(str):
    """An input that is an expression, not a literal."""


def _literal(value: Any) -> str:
    if isinstance(value, _Code):
        return value
    if isinstance(value, dict):
        if SECRET in value:
            return f"Output.secret({_literal(value['value'])})"
        return f"{{{', '.join(f'{key!r}: {_literal(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    # Numbers arrive as floats, as JSON has no others.
    return repr(int(value) if isinstance(value, float) and value.is_integer() else value)


def _unpacked(value: Any) -> Any:
    """An input of a provider: the SDK hands all but texts over as JSON."""
    if isinstance(value, str) and (value[:1] in "[{" or value in ("true", "false")):
        return json.loads(value)
    return value
