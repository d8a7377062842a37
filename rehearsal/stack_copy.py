"""The stack file of ``local`` as this rehearsal has it: on its own ports, with the orders that it stands on.

The checked-in file is only read. The copy is what the engine gets, by ``isthmus`` as by plain ``pulumi`` in
the rehearsal's shell, so that both speak of the same estate.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from infra.settings.changes.beforehand import OUTPUT, Standing
from infra.settings.stack_file import read_stack_file
from isthmus import stack_files
from rehearsal import json_files
from rehearsal.engine.files import write_text
from rehearsal.home import Home
from rehearsal.ports import Wish, found

STACK: Final = "local"
WORKERS: Final = ("training", "base_port")
# Room for as many workers as a stack file may come to name without a new port for all of them.
_WORKER_PORTS: Final = 8
_URLS: Final[Mapping[tuple[str, str], str]] = {
    ("aws", "endpoint_url"): "the stand-in for AWS",
    ("openstack", "object_store_url"): "the private object store",
    ("openstack", "auth_url"): "the private site's Keystone",
}
_ORDERS: Final = "orders.json"


def source(project_dir: Path) -> Path:
    """The checked-in stack file."""
    return project_dir / "stacks" / f"Pulumi.{STACK}.yaml"


def write(home: Home, project_dir: Path) -> Path:
    """Write the copy, with ports that were found before or are found now; its path.

    Raises PortsTaken, and SettingsError where the file cannot be read. Settings that are wrong are copied as
    they are, for the program to refuse.
    """
    file = source(project_dir)
    content = read_stack_file(file, f"stacks/{file.name}")
    config: dict[str, Any] = copy.deepcopy(dict(content.config))
    _put_ports(config, found(home, _wishes(config), standing=stands(home)))
    _put_orders(config, _remembered(home))
    target = home.root / "derived" / file.name
    header = f"# Made from stacks/Pulumi.{STACK}.yaml for this rehearsal; written again each time.\n"
    write_text(target, stack_files.write({**content.rest, "config": config}, head=header))
    return target


def remember_orders(home: Home, version: str, written: Mapping[str, Any] | None = None) -> None:
    """Have the estate stand on orders of this version from now on; "" for those that the stack file names.

    Whoever gives other orders to an estate that stands means it: from then on batches may have fewer rows
    than before, which an estate refuses without ``orders.accept_fewer``.

    Args:
        home: of the rehearsal.
        version: of the orders.
        written: keys of the section ``orders`` that go before those of the stack file.
    """
    path = home.root / _ORDERS
    before = _remembered(home)
    exchanged = before["exchanged"] or (stands(home) and version != before["version"])
    json_files.write(path, {"version": version, "written": dict(written or {}), "exchanged": exchanged})


def forget_orders(home: Home) -> None:
    """Have the estate stand on the orders that the stack file names, as if there had been no others."""
    (home.root / _ORDERS).unlink(missing_ok=True)


def stands(home: Home) -> bool:
    """Whether the rehearsal's state holds resources, read without the engine."""
    return bool(_resources(home))


def standing(home: Home) -> Standing:
    """What the last up said of what stands, read without the engine."""
    outputs = (one.get("outputs") for one in _resources(home) if one.get("type") == "pulumi:pulumi:Stack")
    return Standing.of((next(outputs, None) or {}).get(OUTPUT))


def _resources(home: Home) -> list[dict[str, Any]]:
    states = (home.state / ".pulumi" / "stacks").glob(f"*/{STACK}.json")
    try:
        return [
            resource
            for state in states
            for resource in ((json.loads(state.read_text()).get("checkpoint") or {}).get("latest") or {}).get(
                "resources"
            )
            or []
        ]
    except (OSError, ValueError, AttributeError):
        return []


def _section(config: dict[str, Any], name: str) -> dict[str, Any]:
    section = config.get(f"isthmus:{name}")
    return section if isinstance(section, dict) else {}


def _wishes(config: dict[str, Any]) -> dict[str, Wish]:
    wishes = {}
    for (section, key), what in _URLS.items():
        if (port := _port(_section(config, section).get(key))) is not None:
            wishes[f"{section}.{key}"] = Wish(port, what)
    training = _section(config, WORKERS[0])
    base, workers = training.get(WORKERS[1]), training.get("workers", 1)
    if (
        isinstance(base, int)
        and isinstance(workers, int)
        and 0 < base <= 65_535 - max(workers, _WORKER_PORTS)
    ):
        wishes[".".join(WORKERS)] = Wish(base, "workers of the training", max(workers, _WORKER_PORTS))
    return wishes


def _port(url: object) -> int | None:
    """The port of a loopback address; None for anything else."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        return parts.port if parts.hostname in ("127.0.0.1", "localhost", "::1") else None
    except ValueError:
        return None


def _put_ports(config: dict[str, Any], ports: Mapping[str, int]) -> None:
    for name, port in ports.items():
        section, key = name.split(".")
        values = _section(config, section)
        if (section, key) == WORKERS:
            values[key] = port
        else:
            parts = urlsplit(values[key])
            host = parts.netloc.rsplit(":", 1)[0]
            values[key] = parts._replace(netloc=f"{host}:{port}").geturl()


def _remembered(home: Home) -> dict[str, Any]:
    found = json_files.read(home.root / _ORDERS)
    return {"version": "", "written": {}, "exchanged": False, **(found if isinstance(found, dict) else {})}


def _put_orders(config: dict[str, Any], remembered: Mapping[str, Any]) -> None:
    if remembered["version"]:
        training = _section(config, "training")
        config["isthmus:training"] = {**training, "orders_version": remembered["version"]}
    written = {"accept_fewer": True} if remembered["exchanged"] else {}
    written |= remembered["written"]
    section = config.setdefault("isthmus:orders", {}) if written else None
    if isinstance(section, dict):
        section.update(written)
