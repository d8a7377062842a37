"""What a forge refuses."""

from __future__ import annotations

from isthmus.errors import IsthmusError


class ForgeError(IsthmusError):
    """The forge cannot be asked, or refused; the message says what and what to do."""
