"""Service account tokens: formed as a cluster projects them, good for the stand-ins of this machine only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time

from rehearsal import json_files
from rehearsal.cluster.any_cluster import AnyCluster

_LIFETIME_SECONDS = 7 * 24 * 3600  # nobody renews it, so it outlives a rehearsal


def projected(cluster: AnyCluster, namespace: str, account: str, pod: str, audience: str) -> str:
    """A JWT with the claims of a projected token, signed with a key of this cluster's record (HS256, where a
    real API server signs RS256: the stand-ins check no signature)."""
    path = cluster.folder / "token-key.json"
    key = json_files.read(path)
    if key is None:
        key = os.urandom(32).hex()
        json_files.write(path, key, private=True)
    now = int(time.time())
    claims = {
        "aud": [audience],
        "exp": now + _LIFETIME_SECONDS,
        "iat": now,
        "iss": "https://kubernetes.default.svc",
        "kubernetes.io": {
            "namespace": namespace,
            "pod": {"name": pod},
            "serviceaccount": {"name": account},
        },
        "sub": f"system:serviceaccount:{namespace}:{account}",
    }
    head = ".".join(_part(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{head}.{_part(hmac.new(bytes.fromhex(key), head.encode(), hashlib.sha256).digest())}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
