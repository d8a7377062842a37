"""The stacks as objects of the Pulumi Kubernetes Operator: one ``Stack`` a stack file, in order.

pulumi.com/v1 as pulumi/pulumi-kubernetes-operator has it at 475dbc6 (v2.9.0), operator/config/crd, read on
2026-11-28. The operator follows a branch by itself and brings up what it finds there; what it may do is what
the service account of each stack's workspace may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from isthmus.errors import IsthmusError
from isthmus.stack_files import read

ORDER: Final = ("dev", "staging", "prod")
"""A stack waits for the one before it."""
_SECRETS: Final = ("OS_APPLICATION_CREDENTIAL_ID", "OS_APPLICATION_CREDENTIAL_SECRET")


class NoStacks(IsthmusError):
    """There is nothing to make objects of; the message says what is missing."""


def text(folder: Path, *, repository: str, branch: str, backend: str, namespace: str) -> str:
    """The objects as a file for ``kubectl apply``.

    Raises:
        NoStacks: one of the stack files is not there.
    """
    head = "# Written by `isthmus operator` from stacks/: write it again where a stack file comes or goes.\n"
    objects = objects_of(folder, repository=repository, branch=branch, backend=backend, namespace=namespace)
    return head + yaml.safe_dump_all(objects, sort_keys=False)


def objects_of(
    folder: Path, *, repository: str, branch: str, backend: str, namespace: str
) -> Iterator[dict[str, Any]]:
    """Each stack's account, its right to be asked who asks, and the stack itself."""
    before = None
    for stack in ORDER:
        file = folder / f"Pulumi.{stack}.yaml"
        if not file.is_file():
            raise NoStacks(
                f"There is no {file}: the operator brings up {', '.join(ORDER)}, one after the other"
            )
        name, provider = f"isthmus-{stack}", read(file).rest.get("secretsprovider")
        yield _object("v1", "ServiceAccount", name, namespace)
        # A workspace asks the API server whether whoever calls it is the operator.
        yield {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{namespace}-{name}-auth-delegator"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        }
        spec: dict[str, Any] = {
            "stack": f"organization/isthmus/{stack}",
            "backend": backend,
            "projectRepo": repository,
            "branch": branch,
            "serviceAccountName": name,
            "refresh": True,
            "useLocalStackOnly": True,
            # A Stack that goes leaves the estate alone.
            "destroyOnFinalize": False,
            "envRefs": {
                "OS_AUTH_TYPE": {"type": "Literal", "literal": {"value": "v3applicationcredential"}},
                **{key: {"type": "Secret", "secret": {"name": name, "key": key}} for key in _SECRETS},
            },
        }
        if isinstance(provider, str):
            spec["secretsProvider"] = provider
        if before is not None:
            spec["prerequisites"] = [{"name": before}]
        yield {**_object("pulumi.com/v1", "Stack", name, namespace), "spec": spec}
        before = name


def _object(version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    labels: Mapping[str, str] = {"app.kubernetes.io/part-of": "isthmus"}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
    }
