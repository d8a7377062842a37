"""When a site is left alone: after some failures, for some seconds."""

from __future__ import annotations

from purgatory.domain.model import Context, OpenedState

from serving.front.settings import Breaker


class SiteBreaker:
    """Counts the failures of one site that follow each other."""

    def __init__(self, site: str, settings: Breaker) -> None:
        self._context = Context(site, settings.failures, settings.open_s)

    @property
    def state(self) -> str:
        """``closed``, ``opened`` or ``half-opened``."""
        return self._context.state

    def lets(self) -> bool:
        """Whether the site may be asked."""
        try:
            self._context.handle_new_request()
        except OpenedState:
            return False
        self._context.messages.clear()
        return True

    def answered(self) -> None:
        """The site answered well."""
        self._context.handle_end_request()
        self._context.messages.clear()

    def failed(self, error: Exception) -> None:
        """The site did not answer, or not in time."""
        self._context.handle_exception(error)
        self._context.messages.clear()
