"""What a change of each setting does to an estate that stands: told in docs/changes.md, played by a test."""

from infra.settings.changes.change import Change, Effect
from infra.settings.changes.table import CHANGES, NOUNS, change_of

__all__ = ["CHANGES", "NOUNS", "Change", "Effect", "change_of"]
