"""Which cluster a kubeconfig leads to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from rehearsal.plugins.backend import UNKNOWN, Properties, Refused


def active_cluster(config: Properties) -> Any:
    """The settings (server, certificate) of the cluster that a provider's inputs lead to; None where they
    do not.
    """
    text, context = config.get("kubeconfig"), config.get("context")
    try:
        known: Any = yaml.safe_load(text) if isinstance(text, str) else None
        contexts = {entry["name"]: entry["context"]["cluster"] for entry in known["contexts"]}
        named = {entry["name"]: entry["cluster"] for entry in known["clusters"]}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        return None
    return named.get(config.get("cluster") or contexts.get(context or known.get("current-context")))


def other_cluster(old: Properties, new: Properties, changed: frozenset[str]) -> frozenset[str]:
    """Which of a provider's changed inputs lead to another cluster, or to one that nobody knows yet.

    As pulumi-kubernetes (v4.32.0, provider/pkg/provider/provider.go, ``DiffConfig``).
    """
    if new.get("kubeconfig") is UNKNOWN:
        return frozenset({"kubeconfig"})
    return changed if active_cluster(old) != active_cluster(new) else frozenset()


def identity(config: Properties) -> str:
    """What tells a cluster from others of its name, as its clients tell it: its server and certificate; ""
    where a provider's inputs name none.
    """
    known = active_cluster(config)
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16] if known else ""


def cluster_name(kubeconfig: str, context: str = "") -> str:
    """The name of the cluster of a kubeconfig's (current) context: its folder in the rehearsal.

    ``kubeconfig`` is its text (YAML or JSON) or the path of a file. Raises Refused where it names none.
    """
    text = kubeconfig
    if "\n" not in text and "{" not in text and len(text) < 4096 and Path(text).expanduser().is_file():
        text = Path(text).expanduser().read_text()
    try:
        config: Any = yaml.safe_load(text)
        contexts = {entry["name"]: entry["context"]["cluster"] for entry in config.get("contexts") or ()}
        names = [entry["name"] for entry in config["clusters"]]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        raise Refused(
            "The provider's kubeconfig is no kubeconfig: it needs a list of clusters with names.",
            property="kubeconfig",
        ) from None
    wanted = context or config.get("current-context")
    name = contexts.get(wanted) or (names[0] if names else "")
    if name not in names:
        raise Refused(f"The provider's kubeconfig has no cluster {name!r}.", property="kubeconfig")
    # An ARN or a path makes no folder.
    return str(name).rpartition("/")[2].replace(":", "-").lstrip(".") or "cluster"
