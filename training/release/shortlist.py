"""The shortlist of the ranking stage: for every customer the products worth ranking, scores and features.

The scores are those of the ranker on these features, computed once: both are of the release, so a question
finds its answer here. Who serves another ranker (``isthmus release optimise``) computes them anew from the
features, as for a release that was made before shortlists had scores. The features are nearly all of it, so
they stay on disk, where they are written block by block and read by their rows.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.release.archive import Column, PackedArray, write_archive
from training.release.errors import ReleaseDamaged

SHORTLIST = "shortlist.npz"
RANKER_MODEL = "ranker.onnx"
FEATURES, SCORES = "features", "scores"
COLUMNS = {"product": np.int32, "owned": np.bool_, FEATURES: np.float16, SCORES: np.float32}


@dataclass(frozen=True)
class Shortlist:
    """Products to rank, those of a customer together and in the order of their codes.

    Attributes:
        customers: pseudonyms, bytes, sorted.
        start: int64 [customers + 1], where a customer's products begin.
        codes: product codes, bytes, sorted.
        product: int32 [rows], into ``codes``.
        owned: bool [rows], the customer had bought it before.
        features: float16 [rows, features], normalised; what ``ranker.onnx`` takes, as float32. Of one that
            was read, on disk.
        scores: float32 [rows], what the ranker says of the features: the probability of a purchase in the
            days that follow the release's window; None in a release that is older than these scores.
    """

    customers: npt.NDArray[np.bytes_]
    start: npt.NDArray[np.int64]
    codes: npt.NDArray[np.bytes_]
    product: npt.NDArray[np.int32]
    owned: npt.NDArray[np.bool_]
    features: npt.NDArray[np.float16] | PackedArray
    scores: npt.NDArray[np.float32] | None = None

    @property
    def longest(self) -> int:
        """Products of the longest list."""
        return int(np.diff(self.start).max(initial=1))

    def write(self, folder: Path) -> None:
        """Write ``shortlist.npz``: the same arrays give the same bytes."""
        arrays = {name: np.asarray(array) for name, array in vars(self).items() if array is not None}
        write_archive(folder / SHORTLIST, arrays)

    @staticmethod
    def read(folder: Path) -> Shortlist | None:
        """The shortlist of a release; None where it has no ranking stage.

        Raises:
            ReleaseDamaged: when the file is no such table.
        """
        packed = {array.name for array in fields(Shortlist)} - {SCORES}
        stored = _stored(folder, sorted(packed), SCORES)
        if stored and len(stored.get(SCORES, stored["product"])) != len(stored["product"]):
            raise ReleaseDamaged(SHORTLIST, "does not have one score for each product of a list")
        return Shortlist(**stored) if stored else None


class ShortlistWriter:
    """Takes the shortlist of a release a block of customers at a time; see ``writing_shortlist``."""

    def __init__(self, customers: int, columns: dict[str, Column]) -> None:
        self._lengths, self._columns = np.zeros(customers, np.int64), columns

    @property
    def start(self) -> npt.NDArray[np.int64]:
        """Where the products of each customer begin."""
        return np.append(0, np.cumsum(self._lengths)).astype(np.int64)

    def add(self, customer: npt.NDArray[np.int64], **columns: npt.NDArray[Any]) -> None:
        """Add rows: numbers of customers, increasing from block to block, and the columns of COLUMNS."""
        self._lengths += np.bincount(customer, minlength=len(self._lengths))
        for name, column in self._columns.items():
            column.append(columns[name])


@contextmanager
def writing_shortlist(
    folder: Path, customers: npt.NDArray[Any], codes: npt.NDArray[Any]
) -> Iterator[ShortlistWriter]:
    """Write ``shortlist.npz`` of a folder, in bytes that do not tell of the blocks.

    It is there once the block of code ended well; until then what is added waits on disk, uncompressed.

    Args:
        folder: of the release.
        customers: pseudonyms, sorted.
        codes: product codes, sorted.
    """
    with ExitStack() as opened:
        columns = {
            name: opened.enter_context(closing(Column(dtype, folder))) for name, dtype in COLUMNS.items()
        }
        writer = ShortlistWriter(len(customers), columns)
        yield writer
        names = {"customers": customers.astype(bytes), "start": writer.start, "codes": codes.astype(bytes)}
        write_archive(folder / SHORTLIST, {**names, **columns})


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
            return {
                name: PackedArray(path, name) if name == FEATURES else stored[name]
                for name in [*names, *also]
            }
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ReleaseDamaged(SHORTLIST, f"is not the shortlist of a ranking ({error})") from None
