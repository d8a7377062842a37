"""How each program of a control plane is called. All of them run in the folder of the control plane."""

from __future__ import annotations

import json
from typing import Any, Final

from rehearsal.control_plane import certificates, pin
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.engine.files import write_text

# Sockets, so no port and no password: whoever may enter the folder may. Relative, since the path of a socket
# is at most 107 characters, fewer than many a folder's. The number means nothing, but etcd wants one.
SOCKET: Final = "etcd:0"
_ETCD: Final = f"unix://{SOCKET}"
_PEER: Final = "unix://etcd-peer:0"

_CONTROLLERS: Final = (("system:kube-controller-manager", ""), ("system:kube-scheduler", ""))

# Every change with who asked and what came of it, no content: Secrets do not belong into a log.
_AUDIT_POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
        {"level": "None", "resources": [{"group": "events.k8s.io"}, {"group": "coordination.k8s.io"}]},
        {"level": "Metadata"},
    ],
}


def prepare(plane: ControlPlane, url: str) -> None:
    """Write whatever the programs read, and which addresses Services have from now on."""
    write_text(plane.kept_service_cidr, plane.service_cidr)
    clients = (certificates.ADMIN, certificates.API_SERVER, *_CONTROLLERS)
    certificates.ensure(plane.keys.folder, clients, ["127.0.0.1"])
    write_text(plane.folder / "audit-policy.yaml", json.dumps(_AUDIT_POLICY, indent=1))
    write_text(plane.kubeconfig, json.dumps(kubeconfig(plane, url, certificates.ADMIN[0]), indent=1), 0o600)
    for name, _ in _CONTROLLERS:
        file = _kubeconfig_of(name)
        write_text(plane.folder / file, json.dumps(kubeconfig(plane, url, name), indent=1), 0o600)


def kubeconfig(plane: ControlPlane, url: str, client: str) -> dict[str, Any]:
    """What one client needs to ask the API server, whole, so that the file can be copied anywhere."""
    import base64

    pair = plane.keys.client(client)

    def inside(content: bytes) -> str:
        return base64.b64encode(content).decode()

    server = {
        "server": url,
        "certificate-authority-data": inside(plane.keys.authority.certificate.read_bytes()),
    }
    user = {
        "client-certificate-data": inside(pair.certificate.read_bytes()),
        "client-key-data": inside(pair.key.read_bytes()),
    }
    name = f"isthmus-{plane.site}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": client, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": client}}],
        "current-context": name,
    }


def arguments(plane: ControlPlane, name: str, port: int) -> list[str]:
    """The arguments of one program; ``port`` is the API server's."""
    keys, to_nodes = plane.keys, plane.keys.client(certificates.API_SERVER[0])
    match name:
        case pin.ETCD:
            return [
                f"--name={plane.site}",
                f"--data-dir={plane.data}",
                f"--listen-client-urls={_ETCD}",
                f"--advertise-client-urls={_ETCD}",
                f"--listen-peer-urls={_PEER}",
                f"--initial-advertise-peer-urls={_PEER}",
                f"--initial-cluster={plane.site}={_PEER}",
                # A rehearsal need not survive the machine's own crash, and each of these waits for the disk.
                "--unsafe-no-fsync",
                "--log-level=warn",
            ]
        case pin.API_SERVER:
            return [
                f"--etcd-servers={_ETCD}",
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                # No pod of a rehearsal finds its API server by a Service, and one must not lead to loopback.
                "--endpoint-reconciler-type=none",
                f"--secure-port={port}",
                f"--tls-cert-file={keys.serving.certificate}",
                f"--tls-private-key-file={keys.serving.key}",
                f"--client-ca-file={keys.authority.certificate}",
                f"--kubelet-certificate-authority={keys.authority.certificate}",
                f"--kubelet-client-certificate={to_nodes.certificate}",
                f"--kubelet-client-key={to_nodes.key}",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                "--allow-privileged=true",
                f"--service-account-issuer={plane.issuer or f'https://127.0.0.1:{port}'}",
                f"--service-account-key-file={keys.service_accounts.certificate}",
                f"--service-account-signing-key-file={keys.service_accounts.key}",
                f"--service-cluster-ip-range={plane.service_cidr}",
                f"--audit-policy-file={plane.folder / 'audit-policy.yaml'}",
                f"--audit-log-path={plane.audit_log}",
                "--audit-log-maxsize=20",
                "--audit-log-maxbackup=1",
                "--profiling=false",
            ]
        case pin.CONTROLLER_MANAGER:
            return [
                f"--kubeconfig={_kubeconfig_of('system:kube-controller-manager')}",
                "--use-service-account-credentials=true",
                f"--service-account-private-key-file={keys.service_accounts.key}",
                f"--root-ca-file={keys.authority.certificate}",
                f"--cluster-signing-cert-file={keys.authority.certificate}",
                f"--cluster-signing-key-file={keys.authority.key}",
                # At the usual rate its forty controllers wait four seconds for their tokens.
                "--kube-api-qps=1000",
                "--kube-api-burst=1000",
                *_ALONE,
            ]
        case pin.SCHEDULER:
            return [f"--kubeconfig={_kubeconfig_of('system:kube-scheduler')}", *_ALONE]
    raise ValueError(name)


# Nobody else would lead, and nobody asks these two anything.
_ALONE: Final = ("--leader-elect=false", "--secure-port=0", "--profiling=false")


def _kubeconfig_of(client: str) -> str:
    return f"keys/{client.removeprefix('system:')}.kubeconfig"
