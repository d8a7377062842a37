"""What the API server checks of a pod's spec beyond its schema (pkg/apis/core/validation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.plugins.kubernetes.faults import Faults, items, known, mapping
from rehearsal.plugins.kubernetes.names import amount, name_fault, port_name_fault
from rehearsal.plugins.kubernetes.rows import LABEL

_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
_EXTENDED_DOMAIN = "/"


def check(spec: Mapping[str, Any], at: str, faults: Faults, policies: tuple[str, ...]) -> None:
    """Note what is wrong with a pod's spec; ``policies``: the restart policies that its controller allows."""
    policy = spec.get("restartPolicy", "Always")
    if known(policy) and policy not in policies:
        faults.add(f"{at}.restartPolicy", f"{policy} is not allowed here; choose {' or '.join(policies)}")
    volumes = _volumes(spec, at, faults)
    names: set[str] = set()
    for part in ("initContainers", "containers"):
        for place, container in items(spec.get(part)):
            here = f"{at}.{part}[{place}]"
            name = container.get("name")
            faults.add(f"{here}.name", name_fault(name, LABEL) if known(name) else "")
            if known(name):
                faults.add(f"{here}.name", f"{name} is the name of two containers" if name in names else "")
                names.add(str(name))
            if "image" not in container or container.get("image") == "":
                faults.add(f"{here}.image", "a container needs an image")
            _container(container, here, volumes, faults)
    if not spec.get("containers"):
        faults.add(f"{at}.containers", "at least one container is needed")


def _volumes(spec: Mapping[str, Any], at: str, faults: Faults) -> set[str] | None:
    """Names of the volumes, None where they cannot all be known."""
    if spec.get("volumes") is not None and not isinstance(spec["volumes"], list):
        return None
    names: set[str] = set()
    for place, volume in items(spec.get("volumes")):
        name = volume.get("name")
        if not known(name):
            return None
        here = f"{at}.volumes[{place}]"
        faults.add(f"{here}.name", name_fault(name, LABEL))
        faults.add(f"{here}.name", f"{name} is the name of two volumes" if name in names else "")
        sources = [key for key in volume if key != "name"]
        faults.add(here, f"a volume has one source, not {len(sources)}" if len(sources) > 1 else "")
        names.add(str(name))
    return names


def _container(container: Mapping[str, Any], at: str, volumes: set[str] | None, faults: Faults) -> None:
    paths: set[str] = set()
    for place, mount in items(container.get("volumeMounts")):
        here = f"{at}.volumeMounts[{place}]"
        name, path = mount.get("name"), mount.get("mountPath")
        if volumes is not None and known(name) and name not in volumes:
            faults.add(f"{here}.name", f"{name} is no volume of the pod")
        if known(path):
            faults.add(f"{here}.mountPath", f"{path} is mounted twice" if path in paths else "")
            paths.add(str(path))
    ports: set[str] = set()
    for place, port in items(container.get("ports")):
        here = f"{at}.ports[{place}]"
        faults.add(f"{here}.containerPort", port_fault(port.get("containerPort")))
        if known(name := port.get("name")):
            faults.add(f"{here}.name", port_name_fault(name))
            faults.add(f"{here}.name", f"{name} is the name of two ports" if name in ports else "")
            ports.add(str(name))
    for place, variable in items(container.get("env")):
        if variable.get("value") not in (None, "") and variable.get("valueFrom") is not None:
            faults.add(f"{at}.env[{place}]", "a variable has either a value or a valueFrom")
        if known(name := variable.get("name")):
            bad = not name or "=" in name
            faults.add(f"{at}.env[{place}].name", f"{name!r} cannot name a variable" if bad else "")
    _resources(mapping(container.get("resources")), f"{at}.resources", faults)
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(probe := container.get(kind), Mapping):
            _probe(probe, f"{at}.{kind}", kind, ports, faults)
    security = mapping(container.get("securityContext"))
    if security.get("privileged") is True and security.get("allowPrivilegeEscalation") is False:
        faults.add(f"{at}.securityContext", "a privileged container cannot refuse allowPrivilegeEscalation")


def _resources(resources: Mapping[str, Any], at: str, faults: Faults) -> None:
    requests, limits = mapping(resources.get("requests")), mapping(resources.get("limits"))
    for part, amounts in (("requests", requests), ("limits", limits)):
        for name, value in amounts.items():
            faults.add(f"{at}.{part}.{name}", quantity_fault(value))
    for name, value in requests.items():
        limit = limits.get(name)
        extended = _EXTENDED_DOMAIN in name
        if extended and name not in limits:
            faults.add(f"{at}.limits.{name}", f"{name} must have a limit, equal to its request")
        if not known(value) or not known(limit):
            continue
        asked, most = amount(value), amount(limit)
        if asked is not None and most is not None and (asked > most or (extended and asked != most)):
            rule = "must equal its limit" if extended else "must not exceed its limit"
            faults.add(f"{at}.requests.{name}", f"{value} {rule} of {limit}")


def _probe(probe: Mapping[str, Any], at: str, kind: str, ports: set[str], faults: Faults) -> None:
    handlers = [handler for handler in _HANDLERS if probe.get(handler) is not None]
    if len(handlers) != 1:
        faults.add(at, f"a probe asks in exactly one way: {', '.join(_HANDLERS)}")
    if kind != "readinessProbe" and known(often := probe.get("successThreshold")) and often != 1:
        faults.add(f"{at}.successThreshold", f"{often} must be 1 in a {kind}")
    for handler in ("httpGet", "tcpSocket"):
        port = mapping(probe.get(handler)).get("port")
        if isinstance(port, str) and not port.isdigit() and port not in ports:
            faults.add(f"{at}.{handler}.port", f"{port} is no port of the container")
        elif isinstance(port, int):
            faults.add(f"{at}.{handler}.port", port_fault(port))


def port_fault(port: Any) -> str:
    """Why a port's number is refused."""
    if not isinstance(port, int) or 1 <= port <= 65535:
        return ""
    return f"{port} must be from 1 to 65535"


def quantity_fault(value: Any) -> str:
    """Why an amount of a resource is refused."""
    if not known(value):
        return ""
    number = amount(value)
    if number is None:
        return f"{value!r} is no quantity, as 500m, 2 or 4Gi are"
    return f"{value} must not be negative" if number < 0 else ""
