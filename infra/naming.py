"""How the estate names and marks what it owns, the same on both sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROJECT = "isthmus"
OWNER = "isthmus-platform"
LABEL_DOMAIN = "isthmus.dev"
BUCKETS = ("arrivals", "releases", "logs")
KEYS = ("data", "cluster")


@dataclass(frozen=True)
class Naming:
    """The names of one stack's resources.

    Most resources get the engine's own names (a random end, so that a replacement can exist beside
    what it replaces). Only what is looked up from outside has a name that is known in advance.
    """

    stack: str

    def name(self, part: str) -> str:
        """A name inside one account or project, e.g. ``isthmus-dev-data``."""
        return f"{PROJECT}-{self.stack}-{part}"

    def cluster(self, site: Literal["aws", "openstack"]) -> str:
        """The name of a site's cluster, e.g. ``isthmus-dev-aws``."""
        return self.name(site)

    def bucket(self, account_id: str, part: str) -> str:
        """A bucket's name, which must be unique among all accounts of the world."""
        return f"{PROJECT}-{self.stack}-{account_id}-{part}"

    def fixed(self, account_id: str) -> dict[str, tuple[str, ...]]:
        """Every name with the stack's name in it that a cloud gets as it is, by what it names."""
        return {
            "bucket": tuple(self.bucket(account_id, part) for part in BUCKETS),
            "container": (self.name("private"),),
            "alias of a KMS key": tuple(self.alias(part) for part in KEYS),
            "EKS cluster": (self.cluster("aws"),),
            "Magnum cluster": (self.cluster("openstack"),),
            "budget": (self.budget(),),
            "Kubernetes label": tuple(self.labels.values()),
            "Neutron tag": tuple(self.tag_list),
        }

    def budget(self, component: str = "") -> str:
        """The budget of a month, of all of the stack or of one component of it."""
        return self.name(f"monthly-{component}" if component else "monthly")

    def alias(self, part: str) -> str:
        """The alias of a KMS key, e.g. ``alias/isthmus-dev-data``."""
        return f"alias/{self.name(part)}"

    @property
    def tags(self) -> dict[str, str]:
        """Tags of every AWS resource."""
        return {"project": PROJECT, "environment": self.stack, "owner": OWNER}

    @property
    def tag_list(self) -> list[str]:
        """The tags as Neutron takes them, which knows no values."""
        return [f"{key}={value}" for key, value in self.tags.items()]

    @property
    def labels(self) -> dict[str, str]:
        """The tags as labels of Kubernetes."""
        return {f"{LABEL_DOMAIN}/{key}": value for key, value in self.tags.items()}


__all__ = ["LABEL_DOMAIN", "OWNER", "PROJECT", "Naming"]
