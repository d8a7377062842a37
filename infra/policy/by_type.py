"""The policies of the pack, of which the engine's question about one resource meets only those of its type.

pulumi-policy 1.21 unpacks a resource anew for each policy of a pack, whatever type that looks at: some
hundred times. Asked through this list, it is done for the few that have something to say.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from google.protobuf import json_format
from pulumi_policy import Policy
from pulumi_policy import policy as sdk
from pulumi_policy.deserialize import deserialize_properties


class ByType(list[Policy]):
    """Policies; a thread that answers for a resource sees those of its type, and any other thread all."""

    def __init__(self, policies: Iterable[tuple[Policy, frozenset[str] | None]]) -> None:
        pairs = list(policies)
        super().__init__(policy for policy, _ in pairs)
        self._types: Mapping[str, frozenset[str] | None] = {policy.name: types for policy, types in pairs}
        self._asked = threading.local()

    def __iter__(self) -> Iterator[Policy]:
        kind = getattr(self._asked, "kind", None)
        for policy in super().__iter__():
            types = self._types[policy.name]
            if kind is None or (types is not None and kind in types):
                yield policy

    def serve(self, note: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Let the SDK's answers about one resource go through this list; ``note`` hears of each, by URN."""
        servicer: Any = sdk._PolicyAnalyzerServicer
        theirs = servicer.Analyze

        def analyze(servicer: Any, request: Any, context: Any) -> Any:
            note(request.urn, deserialize_properties(json_format.MessageToDict(request.properties)))
            self._asked.kind = request.type
            try:
                return theirs(servicer, request, context)
            finally:
                self._asked.kind = None

        servicer.Analyze = analyze
