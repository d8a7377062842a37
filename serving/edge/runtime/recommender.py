"""Answers from a bundle, on the device, without a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from serving.edge.runtime.bundle import Bundle
from serving.edge.runtime.errors import BundleRefused, QuestionRefused
from serving.edge.runtime.features import Inputs, inputs_of
from serving.edge.runtime.manifest import BIAS, MODELS, POPULAR, PRODUCTS, SCALES, VECTORS, Precision
from training.ties import best_columns

Reason = Literal["personal", "popular"]
_YESTERDAY = 1


@dataclass(frozen=True)
class Purchase:
    """A product by its code, and how many days ago it was bought (1 or more)."""

    code: str
    days_ago: int = _YESTERDAY


@dataclass(frozen=True)
class Recommended:
    """A product of an answer; ``score`` orders within one answer, and is 0 for a popular product."""

    code: str
    description: str
    score: float
    reason: Reason


@dataclass(frozen=True)
class EdgeAnswer:
    """An answer, and the codes of the question that the bundle does not hold."""

    products: tuple[Recommended, ...]
    reason: Reason
    unknown: tuple[str, ...]


class EdgeRecommender:
    """One bundle, loaded. Not for several threads at once: a LiteRT interpreter is not.

    Args:
        bundle: as ``read_bundle`` gives it.
        precision: of the model; None for the one that the bundle was packed to run.

    Raises:
        BundleRefused: what is in it does not fit together.
    """

    def __init__(self, bundle: Bundle, precision: Precision | None = None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.manifest = bundle.manifest
        self.precision: Precision = precision or bundle.manifest.runs
        try:
            listed = bundle.json(PRODUCTS)
            self.codes = ["", *(code for code, _ in listed)]
            self.descriptions = ["", *(description for _, description in listed)]
            self.popular = np.array(bundle.json(POPULAR), np.int64)
            self.vectors = bundle.array(VECTORS).astype(np.float32) * bundle.array(SCALES)[:, None]
            self.bias = bundle.array(BIAS)
            self._interpreter = Interpreter(
                model_content=bundle.members[MODELS[self.precision]], num_threads=1
            )
            self._interpreter.allocate_tensors()
            self._inputs = {entry["name"]: entry["index"] for entry in self._interpreter.get_input_details()}
            # Named Identity and Identity_1, in the order in which the export returns them.
            outputs = sorted(self._interpreter.get_output_details(), key=lambda entry: str(entry["name"]))
            self._customer, self._gains = (entry["index"] for entry in outputs)
            rows = {len(self.codes), len(self.vectors), len(self.bias), bundle.manifest.products + 1}
            if len(rows) > 1:
                raise ValueError("its products, vectors and biases are not equally many")
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:160]
            raise BundleRefused(f"{bundle.name} does not load ({reason}); pack the bundle again") from None
        self.places = {code: place for place, code in enumerate(self.codes) if place}

    def recommend(
        self,
        history: Iterable[Purchase] = (),
        basket: Iterable[str] = (),
        k: int = 10,
        only_new: bool = False,
        day: date | None = None,
    ) -> EdgeAnswer:
        """The ``k`` best products, or the popular ones for who has bought nothing that the bundle holds.

        Args:
            history: what was bought.
            basket: codes of what is about to be bought: it counts as bought yesterday, and is never
                in the answer.
            k: products wanted.
            only_new: leave out what was bought before, too.
            day: on which is asked; None is today. Only a model that knows the time of the year looks at it.

        Raises:
            QuestionRefused: ``k`` or the days of a purchase are below 1.
        """
        bought, chosen = list(history), list(basket)
        if k < 1:
            raise QuestionRefused(f"k is {k}; allowed is 1 or more")
        for purchase in bought:
            if purchase.days_ago < 1:
                raise QuestionRefused(
                    f"{purchase.code} was bought {purchase.days_ago} days ago; allowed is 1 or more "
                    "(what is bought now belongs into the basket)"
                )
        known = [
            (self.places[each.code], each.days_ago)
            for each in [*bought, *(Purchase(code) for code in chosen)]
            if each.code in self.places
        ]
        unknown = [code for code in (*(each.code for each in bought), *chosen) if code not in self.places]
        left_out = {self.places[code] for code in chosen if code in self.places}
        if only_new:
            left_out |= {place for place, _ in known}
        products = self._personal(known, left_out, k, day) if known else []
        taken = left_out | {self.places[product.code] for product in products}
        for place in self.popular.tolist():
            if len(products) == k:
                break
            if place not in taken:
                products.append(self._named(place, 0.0, "popular"))
        return EdgeAnswer(tuple(products), "personal" if known else "popular", tuple(dict.fromkeys(unknown)))

    def scores(self, inputs: Inputs) -> npt.NDArray[np.float32]:
        """Scores of all products, float32 [P + 1]; the first is padding's, which never wins."""
        place = {"history": inputs.history, "weights": inputs.weights, "user": inputs.user}
        for name, array in {**place, "bought": self.vectors[inputs.history]}.items():
            self._interpreter.set_tensor(self._inputs[name], array)
        self._interpreter.invoke()
        customer = self._interpreter.get_tensor(self._customer)[0]
        gains = self._interpreter.get_tensor(self._gains)[0]
        scores: npt.NDArray[np.float32] = self.vectors @ customer + self.bias
        np.add.at(scores, inputs.history[0], gains)
        scores[0] = -np.inf
        return scores

    def _personal(
        self, known: Sequence[tuple[int, int]], left_out: set[int], k: int, day: date | None
    ) -> list[Recommended]:
        scores = self.scores(inputs_of(known, day or date.today(), self.manifest))
        scores[list(left_out)] = -np.inf
        best = best_columns(scores[None], min(k, len(scores)))[0]
        return [
            self._named(int(place), float(scores[place]), "personal")
            for place in best
            if np.isfinite(scores[place])
        ]

    def _named(self, place: int, score: float, reason: Reason) -> Recommended:
        return Recommended(self.codes[place], self.descriptions[place], score, reason)
