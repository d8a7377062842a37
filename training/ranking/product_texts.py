"""Which products are alike by their names: descriptions with the same words, codes with near numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from training.ranking.orders import Orders
from training.scorers.neighbours import products_alike

CODE_REACH = 15
MOST_BESIDE = 150
"""Products on either side of a code that are looked at, where many codes have one number."""


def texts_alike(orders: Orders, keep: int) -> Any:
    """Cosine of TF-IDF of words and pairs of words, sparse: the ``keep`` products most alike to each."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = descriptions(orders)
    if not any(texts):
        return sp.csr_matrix((len(texts), len(texts)), dtype=np.float32)
    words = r"\w+"
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=words).fit_transform(texts)
    return products_alike(vectors.T, keep)


def descriptions(orders: Orders) -> list[str]:
    """The description most lines of a product carry; of equals the first by alphabet."""
    import ibis

    sold = orders.lines.filter(~orders.lines.cancelled)
    counts = sold.group_by("product", "text").agg(lines=sold.count())
    # Texts are numbered in the order of the alphabet.
    most_first = [ibis.desc("lines"), ibis.asc("text")]
    counts = counts.mutate(place=ibis.row_number().over(group_by="product", order_by=most_first))
    rows = orders.engine.frame(counts.filter(counts.place == 0).order_by("product"))
    return [str(text) for text in orders.texts[orders.text_numbers[rows["text"].to_numpy()]]]


def codes_alike(codes: npt.NDArray[Any]) -> tuple[Any, Any]:
    """Sparse, products x products: exp(-distance / 3) of numbers at most CODE_REACH apart, and 1 for the same
    number. A code without a number is near to none."""
    numbers = np.array([first_number(str(code)) for code in codes], np.int64)
    order = np.argsort(numbers, kind="stable")
    order = order[numbers[order] >= 0]
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for step in range(1, min(MOST_BESIDE, len(order) - 1) + 1):
        near = numbers[order[step:]] - numbers[order[:-step]] <= CODE_REACH
        if not near.any():
            break
        left.append(order[:-step][near])
        right.append(order[step:][near])
    rows, columns = np.concatenate([*left, *right]), np.concatenate([*right, *left])
    apart = np.abs(numbers[rows] - numbers[columns])
    shape = (len(codes), len(codes))
    near_codes = sp.csr_matrix((np.exp(-apart / 3).astype(np.float32), (rows, columns)), shape=shape)
    same = apart == 0
    ones = np.ones(int(same.sum()), np.float32)
    return near_codes, sp.csr_matrix((ones, (rows[same], columns[same])), shape=shape)


def first_number(product_code: str) -> int:
    """The first number in a code, of at most 15 digits; -1 where it has none."""
    found = re.search(r"[0-9]{1,15}", product_code)
    return int(found[0]) if found else -1
