"""What ``recommend`` answers: a look-up, past the context of a question where it brings one.

Imports numpy and what lies beside it in Triton's repository; see ``model.py`` for the files it reads.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from training.release.context_scores import NO_LIST, Brought, ContextScorer, List, candidates, scores
else:  # it lies beside this file
    from context_scores import NO_LIST, Brought, ContextScorer, List, candidates, scores

PERSONAL, POPULAR, CONTEXT = "personal", "popular", "context"
NO_PRODUCTS = np.empty(0, np.int32)
NO_SCORES = np.empty(0, np.float32)
TIE = 1e-5
"""Scores tie that differ by no more than this share of the higher one; the rule of ``training.ties``."""
MOST_BROUGHT = 200
Numbers = npt.NDArray[Any]


class QuestionWrong(Exception):
    """The question cannot be answered; the message names the input."""


class Question(NamedTuple):
    """One customer's question; texts are UTF-8, and empty ones in the lists are padding."""

    customer: bytes
    k: int
    only_new: bool
    basket: list[bytes] = []  # noqa: RUF012 (never changed)
    viewed: list[bytes] = []  # noqa: RUF012
    time: bytes = b""


@dataclass(frozen=True)
class Answer:
    """The products of an answer by number, the best first, and what is told of it."""

    products: Numbers
    scores: Numbers
    reasons: list[str]
    bought: Numbers
    reason: str
    context: str
    fewer: str


def ordered(scored: Numbers, products: Numbers) -> npt.NDArray[np.int64]:
    """Places of all scores, the best first; a chain of ties in the order of the products' numbers."""
    order = np.lexsort((-scored,))
    sorted_scores = scored[order].astype(np.float64)
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = sorted_scores[:-1] - sorted_scores[1:] > TIE * np.abs(sorted_scores[:-1])
    tied: npt.NDArray[np.int64] = order[np.lexsort((products[order], np.cumsum(is_new)))]
    return tied


class Answers:
    """The tables of a release, and what they answer."""

    def __init__(self, folder: Path, release: str, bought_limit: int) -> None:
        """Map the tables of ``folder`` into memory."""
        names = ("bought", "bought_start", "list_product", "list_score", "list_owned", "list_start", "ranked")
        tables = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
        # Plain arrays of the same memory: each slice of a memmap is an object of its own class, and slower.
        self.table = {name: np.asarray(table) for name, table in tables.items()}
        self.row = {name: row for row, name in enumerate(np.load(folder / "pseudonyms.npy").tolist())}
        self.popular = np.load(folder / "popular.npy")
        codes = np.load(folder / "codes.npy").tolist()
        descriptions = np.load(folder / "descriptions.npy").tolist()
        self.number = {code: number for number, code in enumerate(codes) if code}
        self.texts = [
            json.dumps({"code": code.decode(), "description": text.decode()}, ensure_ascii=False)[:-1]
            for code, text in zip(codes, descriptions, strict=True)
        ]
        self.release, self.bought_limit = release, bought_limit
        fields = ContextScorer.__dataclass_fields__
        self.scorer = (
            ContextScorer(**{name: np.load(folder / f"context_{name}.npy") for name in fields})
            if (folder / "context_start.npy").exists()
            else None
        )

    def answer(self, question: Question) -> Answer:
        """The answer for one customer. Raises QuestionWrong."""
        if question.k < 1:
            raise QuestionWrong(f"k is {question.k}; allowed is 1 or more")
        row = self.row.get(question.customer, -1)
        bought = self._part("bought", row) if row >= 0 else NO_PRODUCTS
        listed = self._listed(row)
        if question.basket or question.viewed or question.time:
            return self._in_context(question, row, bought, listed)
        products, scored, owned = listed.products, listed.scores, listed.owned
        if question.only_new:
            keep = ~owned
            chosen, chosen_scores = products[keep][: question.k], scored[keep][: question.k]
            left_out = np.concatenate([bought, products[owned]])
        else:
            chosen, chosen_scores = products[: question.k], scored[: question.k]
            left_out = NO_PRODUCTS
        reason = PERSONAL if row >= 0 else POPULAR
        return self._filled(
            question, chosen, chosen_scores, [PERSONAL] * len(chosen), left_out, bought, reason, ""
        )

    def _part(self, name: str, row: int, rows: str | None = None) -> Numbers:
        start = self.table[f"{rows or name}_start"]
        part: Numbers = self.table[name][start[row] : start[row + 1]]
        return part

    def _listed(self, row: int) -> List:
        if row < 0:
            return NO_LIST
        start = self.table["list_start"]
        part = slice(start[row], start[row + 1])
        return List(
            self.table["list_product"][part], self.table["list_score"][part], self.table["list_owned"][part]
        )

    def _in_context(self, question: Question, row: int, bought: Numbers, listed: List) -> Answer:
        """The answer where the question brings products or a time."""
        basket, viewed = self._numbers("basket", question.basket), self._numbers("viewed", question.viewed)
        brought = Brought.of(basket, viewed, _weekday(question.time))
        ranked = row >= 0 and bool(self.table["ranked"][row])
        scored_list = listed if ranked else NO_LIST
        if self.scorer is None:
            keep = ~np.isin(listed.products, basket)
            products, values, owned = listed.products[keep], listed.scores[keep], listed.owned[keep]
            in_list = np.ones(len(products), np.bool_)
            context = "this release learned of no contexts: what is in the basket is left out, no more"
        else:
            products, known = candidates(self.scorer, brought, scored_list)
            values = scores(self.scorer, known, ranked)
            in_list = known[:, 0] > 0
            owned = np.isin(products, np.concatenate([bought, listed.products[listed.owned]]))
            best = ordered(values, products)
            products, values, in_list, owned = products[best], values[best], in_list[best], owned[best]
            context = "used"
            if not ranked:
                # What the towers list has scores of another kind: it comes after what the context found.
                more = ~np.isin(listed.products, products) & ~np.isin(listed.products, basket)
                products = np.concatenate([products, listed.products[more]])
                values = np.concatenate([values, np.zeros(int(more.sum()), np.float32)])
                in_list = np.concatenate([in_list, np.ones(int(more.sum()), np.bool_)])
                owned = np.concatenate([owned, listed.owned[more]])
        left_out = (
            np.concatenate([bought, listed.products[listed.owned]]) if question.only_new else NO_PRODUCTS
        )
        if question.only_new:
            products, values, in_list = products[~owned], values[~owned], in_list[~owned]
        products, values = products[: question.k], values[: question.k]
        reasons = [PERSONAL if personal else CONTEXT for personal in in_list[: question.k].tolist()]
        reason = PERSONAL if row >= 0 else CONTEXT if CONTEXT in reasons else POPULAR
        return self._filled(
            question,
            products,
            values.astype(np.float32),
            reasons,
            np.concatenate([left_out, basket]),
            bought,
            reason,
            context,
        )

    def _numbers(self, name: str, codes: list[bytes]) -> npt.NDArray[np.int64]:
        """Numbers of the products that the release knows. Raises QuestionWrong."""
        if len(codes) > MOST_BROUGHT:
            raise QuestionWrong(f"{name} has {len(codes)} products; allowed are {MOST_BROUGHT}")
        found = (self.number.get(code) for code in codes)
        return np.array([number for number in found if number is not None], np.int64)

    def _filled(
        self,
        question: Question,
        chosen: Numbers,
        chosen_scores: Numbers,
        reasons: list[str],
        left_out: Numbers,
        bought: Numbers,
        reason: str,
        context: str,
    ) -> Answer:
        """An answer, filled up from the popular products where it is too short."""
        k, personal, fewer = question.k, len(chosen), ""
        if personal < k:
            more = self.popular[~np.isin(self.popular, np.concatenate([chosen, left_out]))][: k - personal]
            chosen = np.concatenate([chosen, more])
            # The popular list has ranks, not scores.
            chosen_scores = np.concatenate([chosen_scores, np.zeros(len(more), np.float32)])
            reasons = [*reasons, *[POPULAR] * len(more)]
            if len(chosen) < k:
                fewer = (
                    f"{k} were asked for and {len(chosen)} given: the release ranks {personal} for this "
                    f"customer and lists {len(self.popular)} popular products, each product once"
                )
                if question.only_new:
                    fewer += ", and what the customer had bought is left out"
        return Answer(chosen, chosen_scores, reasons, bought, reason, context, fewer)

    def text(self, answer: Answer) -> bytes:
        """An answer as one JSON object."""
        texts = self.texts
        products = ",".join(
            [
                f'{texts[product]},"score":{score:.9g},"reason":"{reason}"}}'
                for product, score, reason in zip(
                    answer.products.tolist(), answer.scores.tolist(), answer.reasons, strict=True
                )
            ]
        )
        bought = ",".join([f"{texts[product]}}}" for product in answer.bought[: self.bought_limit].tolist()])
        # Nearly always empty, which needs no encoder.
        context, fewer = (json.dumps(text) if text else '""' for text in (answer.context, answer.fewer))
        return (
            f'{{"products":[{products}],"bought":[{bought}],"bought_count":{len(answer.bought)},'
            f'"reason":"{answer.reason}","release":"{self.release}","context":{context},"fewer":{fewer}}}'
        ).encode()


def _weekday(time: bytes) -> int | None:
    """0 for a Monday; None for no time. Raises QuestionWrong."""
    if not time:
        return None
    try:
        return datetime.fromisoformat(time.decode()).weekday()
    except ValueError:
        raise QuestionWrong(
            f"time is {time[:40]!a}; write it as in 2011-10-03T14:30, by the clock of the shop"
        ) from None
