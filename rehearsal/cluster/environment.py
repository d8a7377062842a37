"""Command line and variables of one container, as its process on this machine gets them.

Every pod gets the stand-in's credentials, whatever its ServiceAccount may do: a rehearsal does not show that
an account without an association is refused. A container that names a role and a token file, and an endpoint
to trade them at, gets none: there the exchange itself is rehearsed.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rehearsal
from rehearsal.cluster import images
from rehearsal.cluster.names import Names
from rehearsal.cluster.rewriting import expand, move_paths, resolve_hosts
from rehearsal.cluster.volumes import NotReady, contents, field

_PROJECT = Path(rehearsal.__file__).resolve().parent.parent
# What this machine needs to compute right or at all; nothing else of the user's environment gets in.
_KEPT = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class Launch:
    """A process to start."""

    argv: list[str]
    env: dict[str, str]
    cwd: Path


def launch(
    container: dict[str, Any],
    pod: dict[str, Any],
    names: Names,
    volumes: Mapping[str, Path],
    folder: Path,
    address: str,
    programs: images.Programs,
) -> Launch:
    """Work out what to start for ``container``. ``folder`` is the pod's own.

    Raises NotReady where something that it names is missing, images.CannotRun where nothing stands in.
    """
    places = _places(container, volumes, folder)
    own = _variables(container, pod, names, address)

    kept = (str(_PROJECT), str(names.cluster.home.root))

    def ours(path: str) -> bool:
        # A clone or a home below /tmp must not move when a pod mounts its own /tmp.
        return path.startswith(kept) or (Path(path).exists() and f"file://{path}" in " ".join(own.values()))

    def here(text: str) -> str:
        return resolve_hosts(move_paths(text, places, ours), names.lookup)

    command = [here(expand(word, own)) for word in container.get("command", ())]
    args = [here(expand(word, own)) for word in container.get("args", ())]
    program = images.program(container["image"], command, args, programs)
    variables = {name: here(value) for name, value in own.items()}
    env = {**_base(names, pod, folder, places), **program.env, **variables}
    if _trades_a_token(env):
        for key in _KEYS:
            env.pop(key, None)
    cwd = Path(here(container["workingDir"])) if container.get("workingDir") else folder / "home"
    return Launch(program.argv, env, cwd if cwd.is_dir() else folder / "home")


def _places(container: dict[str, Any], volumes: Mapping[str, Path], folder: Path) -> dict[str, str]:
    places = {}
    for mount in container.get("volumeMounts", ()):
        if mount["name"] not in volumes:
            raise NotReady(
                f"container {container['name']} mounts {mount['name']}, which is no volume of its pod"
            )
        place = volumes[mount["name"]]
        if mount.get("subPath"):
            place = place / mount["subPath"]
            if not place.exists() and place.parent.exists():
                place.mkdir()
        places[mount["mountPath"]] = str(place)
    for own in ("home", "tmp"):
        (folder / own).mkdir(parents=True, exist_ok=True)
    return places


def _base(names: Names, pod: dict[str, Any], folder: Path, places: Mapping[str, str]) -> dict[str, str]:
    aws = {key: value for key, value in names.cluster.home.variables().items() if key.startswith("AWS_")}
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        **aws,
        "HOME": str(folder / "home"),
        "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"]["name"],
        "LANG": "C.UTF-8",
        "PATH": images.path_variable(),
        "PYTHONPATH": str(_PROJECT),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": places.get("/tmp", str(folder / "tmp")),  # noqa: S108
    }


def _variables(container: dict[str, Any], pod: dict[str, Any], names: Names, address: str) -> dict[str, str]:
    # As the kubelet tells every pod, whatever it says of service links.
    server = urlsplit(names.cluster.url)
    found = {
        "KUBERNETES_SERVICE_HOST": server.hostname or "",
        "KUBERNETES_SERVICE_PORT": str(server.port or 443),
    }
    namespace = pod["metadata"]["namespace"]
    for source in container.get("envFrom", ()):
        kind = "Secret" if "secretRef" in source else "ConfigMap"
        ref = source.get("secretRef") or source["configMapRef"]
        keys = contents(names.cluster, kind, ref["name"], namespace)
        if keys is None and not ref.get("optional"):
            raise NotReady(f'{kind.lower()} "{ref["name"]}" not found')
        found |= {source.get("prefix", "") + key: value.decode() for key, value in (keys or {}).items()}
    for variable in container.get("env", ()):
        if "valueFrom" in variable:
            value = _value_from(variable["valueFrom"], container, pod, names, address)
            if value is not None:
                found[variable["name"]] = value
        else:
            found[variable["name"]] = expand(str(variable.get("value", "")), found)
    return found


def _value_from(
    source: dict[str, Any], container: dict[str, Any], pod: dict[str, Any], names: Names, address: str
) -> str | None:
    for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if ref := source.get(key):
            keys = contents(names.cluster, kind, ref["name"], pod["metadata"]["namespace"])
            if keys is not None and ref["key"] in keys:
                return keys[ref["key"]].decode()
            if ref.get("optional"):
                return None
            missing = f"has no key {ref['key']}" if keys is not None else "not found"
            raise NotReady(f'{kind.lower()} "{ref["name"]}" {missing}')
    if ref := source.get("fieldRef"):
        return field(pod, ref["fieldPath"], address)
    if ref := source.get("resourceFieldRef"):
        what, _, resource = ref["resource"].partition(".")
        return str(container.get("resources", {}).get(what, {}).get(resource, "0"))
    raise NotReady(f"a variable comes from {', '.join(source)}, which a rehearsal does not know")


def _trades_a_token(env: Mapping[str, str]) -> bool:
    """Whether the process can trade its token for keys, at an address of this machine and nowhere else."""
    if not env.get("AWS_ROLE_ARN") or not env.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return False
    host = urlsplit(env.get("AWS_ENDPOINT_URL_STS") or env.get("AWS_ENDPOINT_URL", "")).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
