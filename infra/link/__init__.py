"""The link between the sites: one spec, the words of each half, one component."""

from infra.link.component import AwsLinkEnd, Link
from infra.link.private_half import OpenStackLinkEnd
from infra.link.vocabulary import Halves, LinkError, halves

__all__ = ["AwsLinkEnd", "Halves", "Link", "LinkError", "OpenStackLinkEnd", "halves"]
