"""The shortlist of the ranking stage: for every customer the products worth ranking, scores and features.

The scores are those of the ranker on these features, computed once: both are of the release, so a question
finds its answer here. Who serves another ranker (``isthmus release optimise``) computes them anew from the
features, as for a release that was made before shortlists had scores.
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
SCORES = "scores"


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
        scores: float32 [rows], what the ranker says of the features: the probability of a purchase in the
            days that follow the release's window; None in a release that is older than these scores.
    """

    customers: npt.NDArray[np.bytes_]
    start: npt.NDArray[np.int64]
    codes: npt.NDArray[np.bytes_]
    product: npt.NDArray[np.int32]
    owned: npt.NDArray[np.bool_]
    features: npt.NDArray[np.float16]
    scores: npt.NDArray[np.float32] | None = None

    @property
    def longest(self) -> int:
        """Products of the longest list."""
        return int(np.diff(self.start).max(initial=1))

    def write(self, folder: Path) -> None:
        """Write ``shortlist.npz``: the same arrays give the same bytes."""
        arrays = {name: array for name, array in vars(self).items() if array is not None}
        np.savez_compressed(folder / SHORTLIST, **arrays)

    @staticmethod
    def read(folder: Path) -> Shortlist | None:
        """The shortlist of a release; None where it has no ranking stage.

        Raises:
            ReleaseDamaged: when the file is no such table.
        """
        stored = _stored(folder, [array.name for array in fields(Shortlist) if array.name != SCORES], SCORES)
        if stored and len(stored.get(SCORES, stored["product"])) != len(stored["product"]):
            raise ReleaseDamaged(SHORTLIST, "does not have one score for each product of a list")
        return Shortlist(**stored) if stored else None


def shortlisted(folder: Path) -> list[str]:
    """Pseudonyms of the customers with a shortlist, its features left on disk; none without a ranking stage.

    Raises:
        ReleaseDamaged: when the file is no such table.
    """
    stored = _stored(folder, ["customers"])
    return [name.decode() for name in stored["customers"].tolist()] if stored else []


def _stored(folder: Path, names: Sequence[str], may_lack: str | None = None) -> dict[str, Any]:
    path = folder / SHORTLIST
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            also = [may_lack] if may_lack is not None and may_lack in stored else []
            return {name: stored[name] for name in [*names, *also]}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ReleaseDamaged(SHORTLIST, f"is not the shortlist of a ranking ({error})") from None
