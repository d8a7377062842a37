"""Which cluster a kubeconfig leads to."""

from __future__ import annotations

from typing import Any

import yaml

from rehearsal.plugins.backend import UNKNOWN, Properties


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
