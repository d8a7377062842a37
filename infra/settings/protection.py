"""What may not be deleted in passing."""

from __future__ import annotations

from isthmus.settings.section import Section

UNPROTECTED = ("local", "dev")
"""Stacks whose estates are made to be taken down again."""


class ProtectionSettings(Section):
    """What guards the data and the clusters of an estate."""

    protect: bool | None = None
    """Whether buckets, the private container, the keys of both and the clusters refuse to be deleted or
    replaced; absent: in every stack but local and dev. ``isthmus destroy`` takes it away, by name."""

    def of(self, stack: str) -> bool:
        """Whether the estate of a stack is protected."""
        return stack not in UNPROTECTED if self.protect is None else self.protect
