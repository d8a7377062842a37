"""Products with like descriptions, with neighbouring codes, and of the same five digits."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.ranking.algebra import without_diagonal
from training.ranking.history_snapshot import Floats, HistorySnapshot
from training.ranking.scores import LinearScore, Score

CODE_REACH = 15


def descriptions(snapshot: HistorySnapshot) -> list[str]:
    """The description most lines of a product carry; of equals the first by alphabet."""
    orders = snapshot.orders
    lines = pd.DataFrame({"product": orders.product, "text": orders.text})[~orders.cancelled]
    counts = lines.groupby(["product", "text"]).size().rename("lines").reset_index()
    counts = counts.sort_values(["product", "lines", "text"], ascending=[True, False, True])
    text_numbers = counts.drop_duplicates("product")["text"].to_numpy()
    return [str(text) for text in orders.texts[text_numbers]]


def text_similarity(texts: list[str]) -> Floats:
    """Cosine of TF-IDF of words and pairs of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(texts):
        return np.zeros((len(texts), len(texts)), np.float32)
    words = r"\w+"
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=words).fit_transform(texts)
    return without_diagonal((vectors @ vectors.T).toarray())


def first_number(product_code: str) -> int:
    """The first number in a code, of at most 15 digits; -1 where it has none."""
    found = re.search(r"[0-9]{1,15}", product_code)
    return int(found[0]) if found else -1


def fit(snapshot: HistorySnapshot) -> dict[str, Score]:
    words = text_similarity(descriptions(snapshot))
    numbers: NDArray[np.int64] = np.array([first_number(code) for code in snapshot.orders.products])
    apart = np.abs(numbers[:, None] - numbers[None])
    near = without_diagonal(np.where(apart > CODE_REACH, 0, np.exp(-apart / 3)))
    return {
        "text": LinearScore(snapshot.history, words),
        "text_last_basket": LinearScore(snapshot.last_basket_scaled, words),
        "near_codes": LinearScore(snapshot.history, near),
        "same_digits": LinearScore(snapshot.bought, without_diagonal(apart == 0)),
    }
