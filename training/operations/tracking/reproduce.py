"""A release can be made again from its manifest alone; where it would come out different, this says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.settings.errors import SettingsError
from isthmus.settings.validation import validate
from training.errors import TrainingError
from training.operations.tracking.tensorboard import flat
from training.release import PSEUDONYM_KEY, Manifest, Window
from training.release.versions import versions
from training.settings import SECTION, TrainingSettings


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was; ``release`` and ``now`` are empty where it was not, or is not."""

    what: str
    release: str
    now: str


def settings_of(manifest: Manifest) -> TrainingSettings:
    """The settings to make a release again with.

    Raises:
        TrainingError: when this code does not know them.
    """
    try:
        return validate(TrainingSettings, manifest.settings, "the manifest of the release", SECTION)
    except SettingsError as error:
        code = manifest.versions.get("code", "of that time")
        raise TrainingError(
            f"this code does not take the settings of the release, make it again with the code {code}; "
            f"{' '.join(str(error).splitlines())}"
        ) from None


def differences(
    manifest: Manifest, settings: TrainingSettings | None = None, window: Window | None = None
) -> list[Difference]:
    """What a new run would use that the release was not made from; nothing when it gives the same digest.

    The versions of this environment are always compared.

    Args:
        manifest: that of the release.
        settings: those of the new run; None for those of the manifest, as this code reads them.
        window: the orders of the new run; None compares none.
    """
    # Another key makes other orders, which are compared as such.
    release_versions = {name: version for name, version in manifest.versions.items() if name != PSEUDONYM_KEY}
    found = _different("", release_versions, versions())
    try:
        new_settings = (settings or settings_of(manifest)).recorded()
    except TrainingError as error:
        found.append(Difference("settings", "", str(error)))
    else:
        found += _different("training.", flat(manifest.settings), flat(new_settings))
    if window is not None:
        found += _different("orders: ", manifest.window.model_dump(), window.model_dump())
    return found


def _different(prefix: str, release: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference(prefix + key, str(release.get(key, "")), str(now.get(key, "")))
        for key in sorted({*release, *now})
        if release.get(key) != now.get(key)
    ]
