"""How many questions may go to a second site as well: without a bound, slow servers get twice as many."""

from __future__ import annotations

from serving.front.settings import Hedges


class HedgeBudget:
    """A store of permissions: each question adds a share of one, each second question takes one."""

    def __init__(self, settings: Hedges) -> None:
        self._share, self._most = settings.share, float(settings.at_once)
        self._left = self._most

    def asked(self) -> None:
        """A question has come."""
        self._left = min(self._most, self._left + self._share)

    def takes(self) -> bool:
        """Whether it may be asked elsewhere as well; if so, one permission is gone."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


__all__ = ["HedgeBudget"]
