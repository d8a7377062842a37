"""What can be wrong with a bundle or a device's folder; every message is one sentence for the user."""

from __future__ import annotations

from isthmus.errors import IsthmusError, WrongData


class BundleRefused(WrongData):
    """A bundle is not whole, not signed by a trusted key, or not for this device."""


class QuestionRefused(WrongData):
    """A question that no bundle answers."""


class DeviceFolderError(IsthmusError):
    """The folder of a device is not what an update wrote, or keeps nothing to go back to."""
