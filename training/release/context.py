"""``context.npz``: what lets a question's context change the answer (``training.release.context_scores``)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.release.context_scores import FEATURES, ContextScorer
from training.release.errors import ReleaseDamaged

CONTEXT = "context.npz"


@dataclass(frozen=True)
class ReleaseContext:
    """A scorer whose products are numbers into ``codes``: product codes, bytes, sorted."""

    codes: npt.NDArray[np.bytes_]
    scorer: ContextScorer

    def write(self, folder: Path) -> None:
        """Write ``context.npz``: the same arrays give the same bytes."""
        np.savez_compressed(
            folder / CONTEXT, codes=self.codes, features=np.array(FEATURES), **vars(self.scorer)
        )

    @staticmethod
    def read(folder: Path) -> ReleaseContext | None:
        """That of a release; None where it has none: it has no ranking stage, or is older than this file.

        Raises:
            ReleaseDamaged: when the file is no such table.
        """
        path = folder / CONTEXT
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as stored:
                scorer = ContextScorer(**{array.name: stored[array.name] for array in fields(ContextScorer)})
                codes, features = stored["codes"], tuple(stored["features"].tolist())
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ReleaseDamaged(CONTEXT, f"is not what scores a question's context ({error})") from None
        if features != FEATURES or len(scorer.start) != len(codes) + 1:
            raise ReleaseDamaged(CONTEXT, "has other features than this code; train the ranking stage again")
        return ReleaseContext(codes, scorer)
