"""The API server that a provider's kubeconfig leads to."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from rehearsal.control_plane import running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.errors import ControlPlaneError
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.control_plane.of_home import control_planes
from rehearsal.home import Home
from rehearsal.plugins.backend import Properties
from rehearsal.plugins.kubernetes.kubeconfig import active_cluster


class Unreachable(ControlPlaneError):
    """No API server answers where the kubeconfig points; the message is the reason."""


def api_server(home: Home, config: Properties) -> Api:
    """A client of the control plane whose address and certificate authority a provider's inputs name.

    It asks as the control plane's administrator: on a cloud the kubeconfig's own credentials would (EKS has
    ``aws eks get-token`` run, and there is no AWS here whose word the API server could ask for).

    Raises Unreachable.
    """
    wanted = active_cluster(config)
    if not isinstance(wanted, Mapping):
        raise Unreachable("the provider's kubeconfig names no cluster")
    plane = next((each for each in control_planes(home) if _is(each, wanted)), None)
    if plane is None:
        raise Unreachable(
            f"no cluster of this rehearsal listens at {wanted.get('server')}: connection refused"
        )
    api = Api(plane, running.url(plane))
    try:
        api.version()
    except ControlPlaneError as error:
        raise Unreachable(str(error)) from None
    return api


def _is(plane: ControlPlane, wanted: Mapping[str, object]) -> bool:
    """Whether it is this one, and not one that came to its address later."""
    if not plane.keys.authority.certificate.exists() or running.url(plane) != wanted.get("server"):
        return False
    authority = base64.b64encode(plane.keys.authority.certificate.read_bytes()).decode()
    return authority == wanted.get("certificate-authority-data")
