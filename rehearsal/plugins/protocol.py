"""The protobuf stubs of Pulumi's plugin protocol, without the rest of the SDK.

A plugin is started anew by every command and for every provider, so its start-up is paid often: the stubs
alone load in 0.2 s where ``import pulumi`` takes 0.7 s (2 cores). They live inside the SDK's package, so the
two packages above them are entered by their path only, and taken out again, so that a later ``import pulumi``
in the same process still gets the real one.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any


def _load_stubs() -> tuple[Any, ...]:
    borrowed: list[str] = []
    if "pulumi" not in sys.modules:
        spec = importlib.util.find_spec("pulumi")
        if spec is None or not spec.submodule_search_locations:
            raise ImportError("the package pulumi is not installed; run `pip install 'isthmus[rehearsal]'`")
        root = Path(next(iter(spec.submodule_search_locations)))
        for name, folder in (("pulumi", root), ("pulumi.runtime", root / "runtime")):
            module = types.ModuleType(name)
            module.__path__ = [str(folder)]
            sys.modules[name] = module
            borrowed.append(name)
    try:
        from pulumi.runtime.proto import (
            engine_pb2,
            engine_pb2_grpc,
            plugin_pb2,
            provider_pb2,
            provider_pb2_grpc,
            status_pb2,
        )
    finally:
        for name in borrowed:
            del sys.modules[name]
    return engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2


engine, engine_grpc, plugin, provider, provider_grpc, status = _load_stubs()

# pulumi.runtime.rpc names these; repeated here because importing it imports the whole SDK.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret, is none
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine has one sentinel per kind of value (sdk/go/common/resource/plugin/rpc.go).
UNKNOWN_TEXTS = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)

__all__ = [
    "OUTPUT",
    "RESOURCE",
    "SECRET",
    "SIGNATURE",
    "UNKNOWN_TEXT",
    "UNKNOWN_TEXTS",
    "engine",
    "engine_grpc",
    "plugin",
    "provider",
    "provider_grpc",
    "status",
]
