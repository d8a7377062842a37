"""The link between the sites: one spec, two vocabularies, one component."""

from infra.link.component import AwsLinkEnd, Link, OpenStackLinkEnd
from infra.link.vocabulary import Halves, LinkError, halves

__all__ = ["AwsLinkEnd", "Halves", "Link", "LinkError", "OpenStackLinkEnd", "halves"]
