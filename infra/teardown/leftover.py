"""What a cluster's controllers made in a cloud, and no state knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Site = Literal["aws", "openstack"]


@dataclass(frozen=True)
class Leftover:
    """One thing, and how it goes. It keeps a network from being deleted, or goes on costing money."""

    site: Site
    kind: str
    id: str
    made_for: str
    """What for, as its tags say: ``shop/front``, a volume claim, a node pool."""
    delete: Callable[[], object] = field(compare=False)
    """Returns when it is gone, or as good as; what is gone already is no error."""
    holds_data: bool = False

    def __str__(self) -> str:
        whose = f" for {self.made_for}" if self.made_for else ""
        return f"{self.site}: {self.kind} {self.id}{whose}{', with data' if self.holds_data else ''}"


__all__ = ["Leftover", "Site"]
