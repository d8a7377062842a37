"""The protocol's stubs without the SDK around them.

``import pulumi`` takes half a second, and the host needs three generated modules of it. The packages
that lead to them are put in place empty, so their own imports do not run. Only for a process that
never runs a program itself.
"""

from __future__ import annotations

import importlib.util
import sys
import types


def _hollow(name: str) -> None:
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{name} is not installed in {sys.prefix}: run `make setup`.")
    module = types.ModuleType(name)
    module.__path__ = list(spec.submodule_search_locations)
    module.__spec__ = spec
    sys.modules[name] = module


for _package in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
    _hollow(_package)

from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402

__all__ = ["language_pb2", "language_pb2_grpc", "plugin_pb2"]
