"""Products cut into lists of those that are alike, so that a customer need not be compared with all of them.

An inverted file (the IVF of faiss): k-means over the products' vectors, and a customer is compared with
the lists whose middles score best. Alike are products that score alike: vectors are turned and stretched
by what customers' vectors are like, so that the distance of two products is the difference of their
scores, root mean square over customers. With the vectors as they are, four times as many lists had to be
looked at for the same recall. A list that is much longer than others is cut, because a search makes room
for the longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

LISTS_PER_ROOT = 4
"""Lists for each root of the number of products."""
PASSES = 20
PER_LIST = 64
"""Products that k-means learns from, for each list: more find no better middles (faiss takes 39 to 256)."""
LEAST_SHARE = 1e-6
LONGEST = 1.5
"""Of a list, times the mean."""

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ProductLists:
    """Which product is in which list.

    Attributes:
        order: products from 0, those of a list beside each other [N].
        start: where each list begins in ``order`` [L + 1].
        middles: mean of each list's vectors, float32 [L, D].
    """

    order: Numbers
    start: Numbers
    middles: Floats

    @property
    def list_of(self) -> Numbers:
        """The list of each product [N]."""
        found = np.empty(len(self.order), np.int64)
        found[self.order] = np.repeat(np.arange(len(self.middles)), np.diff(self.start))
        return found


def product_lists(vectors: Floats, users: Floats, seed: int) -> ProductLists:
    """Cut products with these vectors [N, D] into lists, for customers like these [B, D].

    The same for the same seed.
    """
    lists = _lists(vectors @ _as_scored(users), seed)
    starts = zip(lists.start[:-1], lists.start[1:], strict=True)
    middles = np.stack([vectors[lists.order[start:end]].mean(axis=0) for start, end in starts])
    return ProductLists(lists.order, lists.start, middles.astype(np.float32))


def _as_scored(users: Floats) -> Floats:
    """The matrix [D, D] by which the length of a product's vector is that of its scores."""
    sizes, directions = np.linalg.eigh(users.T.astype(np.float64) @ users / len(users))
    # Directions in which these customers do not differ count for something: others may.
    stretched = directions * np.sqrt(np.maximum(sizes, LEAST_SHARE * sizes.max()))
    turned: Floats = (stretched @ directions.T).astype(np.float32)
    return turned


def _lists(vectors: Floats, seed: int) -> ProductLists:
    from sklearn.cluster import MiniBatchKMeans

    count = max(1, min(len(vectors), round(LISTS_PER_ROOT * len(vectors) ** 0.5)))
    sample = np.random.default_rng(seed).permutation(len(vectors))[: PER_LIST * count]
    # Whole passes over the sample in steps of a few thousand: the middles of few lists need no larger steps.
    found = MiniBatchKMeans(
        count,
        init="random",
        n_init=1,
        max_iter=PASSES,
        batch_size=max(4096, 4 * count),
        random_state=seed,
        reassignment_ratio=0.01,
    ).fit(vectors[sample])
    longest = max(1, int(LONGEST * len(vectors) / count))
    parts: list[Numbers] = []
    by_list = found.predict(vectors)
    order = np.argsort(by_list, kind="stable")
    for members in np.split(order, np.searchsorted(by_list[order], np.arange(1, count))):
        if len(members):
            parts += _cut(vectors, members, longest)
    start = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    middles = np.stack([vectors[part].mean(axis=0) for part in parts])
    return ProductLists(np.concatenate(parts), start, middles.astype(np.float32))


def _cut(vectors: Floats, members: Numbers, longest: int) -> list[Any]:
    """Pieces of at most ``longest`` members, cut across the direction in which these differ most."""
    if len(members) <= longest:
        return [members]
    apart = vectors[members] - vectors[members].mean(axis=0)
    _, directions = np.linalg.eigh(apart.T @ apart)
    along = members[np.argsort(apart @ directions[:, -1], kind="stable")]
    return np.array_split(along, -(-len(members) // longest))


def probes_for(
    lists: ProductLists, scores_of_lists: Floats, best: Numbers, wanted: float, least: int
) -> tuple[int, npt.NDArray[np.float64]]:
    """The fewest lists to look at, and the recall that any number of them has.

    What is found in a list is scored as exactly as without lists, so the recall is the share of the best
    products whose list is looked at.

    Args:
        lists: the products' lists.
        scores_of_lists: of some customers [B, L].
        best: the products that really score best [B, K].
        wanted: recall to reach.
        least: products that any so many lists hold at least.
    """
    places = np.empty(scores_of_lists.shape, np.int64)
    order = np.argsort(-scores_of_lists, axis=1, kind="stable")
    np.put_along_axis(places, order, np.arange(order.shape[1])[None, :], axis=1)
    place = np.take_along_axis(places, lists.list_of[best], axis=1)
    recalls = np.cumsum(np.bincount(place.ravel(), minlength=order.shape[1])) / place.size
    shortest = np.cumsum(np.sort(np.diff(lists.start)))
    enough = int(np.searchsorted(shortest, min(least, int(shortest[-1])))) + 1
    reached = int(np.searchsorted(recalls, min(wanted, 1.0))) + 1
    return min(max(enough, reached), order.shape[1]), recalls
