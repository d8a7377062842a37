"""The shortlist of the ranking stage: for every customer the products worth ranking, and their features.

Serving gives the features to ``ranker.onnx`` as they stand here, so that what is served was made by the code
that made the examples of training.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release.errors import ReleaseDamaged

SHORTLIST = "shortlist.npz"
RANKER_MODEL = "ranker.onnx"


@dataclass(frozen=True)
class Shortlist:
    """Products to rank, those of a customer together and in the order of their codes.

    Attributes:
        customers: pseudonyms, bytes, sorted.
        start: int64 [customers + 1], where a customer's products begin.
        codes: product codes, bytes, sorted.
        product: int32 [rows], into ``codes``.
        owned: bool [rows], the customer had bought it before.
        features: float16 [rows, features], normalised; what ``ranker.onnx`` takes, as float32.
    """

    customers: npt.NDArray[np.bytes_]
    start: npt.NDArray[np.int64]
    codes: npt.NDArray[np.bytes_]
    product: npt.NDArray[np.int32]
    owned: npt.NDArray[np.bool_]
    features: npt.NDArray[np.float16]

    @property
    def longest(self) -> int:
        """Products of the longest list."""
        return int(np.diff(self.start).max(initial=1))

    def write(self, folder: Path) -> None:
        """Write ``shortlist.npz``: the same arrays give the same bytes."""
        np.savez_compressed(folder / SHORTLIST, **vars(self))

    @staticmethod
    def read(folder: Path) -> Shortlist | None:
        """The shortlist of a release; None where it has no ranking stage.

        Raises:
            ReleaseDamaged: when the file is no such table.
        """
        stored = _stored(folder, [array.name for array in fields(Shortlist)])
        return Shortlist(**stored) if stored else None


def shortlisted(folder: Path) -> list[str]:
    """Pseudonyms of the customers with a shortlist, its features left on disk; none without a ranking stage.

    Raises:
        ReleaseDamaged: when the file is no such table.
    """
    stored = _stored(folder, ["customers"])
    return [name.decode() for name in stored["customers"].tolist()] if stored else []


def _stored(folder: Path, names: Sequence[str]) -> dict[str, Any]:
    path = folder / SHORTLIST
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in names}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ReleaseDamaged(SHORTLIST, f"is not the shortlist of a ranking ({error})") from None
