"""The link between the sites: one spec, two vocabularies, one component."""

from infra.link.component import Link
from infra.link.vocabulary import Halves, LinkError, halves

__all__ = ["Halves", "Link", "LinkError", "halves"]
