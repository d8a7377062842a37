"""A question becomes an answer: by a model, else by popular products, and always past the guard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from isthmus_client import Answer, Product
from serving.front.guard import Guard, GuardFile
from serving.front.messages import Question, Recommendation, Recommendations, RecommendedProduct, Taken
from serving.front.metrics import Metrics
from serving.front.popular import Popular
from serving.front.problems import RequestRefused
from serving.front.sites import STRANGER, Context, NoModelAnswered, Sites

SPARE = 50
"""Products that are asked for beyond those wanted where the guard may take some."""
ALL = 10_000
"""As good as every product; asked for where the guard took nearly everything."""


class Answering:
    """Answers questions."""

    def __init__(self, sites: Sites, popular: Popular, guard: GuardFile, metrics: Metrics) -> None:
        self._sites, self._popular, self._guard, self._metrics = sites, popular, guard, metrics

    async def answer(self, question: Question) -> Recommendations:
        """The answers for all customers of a question.

        Raises:
            RequestRefused: no model answers, and there are no popular products either.
        """
        guard = self._guard.guard
        # Nobody's basket is asked for in the name of a stranger.
        asked = question.asked() or [STRANGER]
        try:
            answers = await self._ask(question, asked, guard)
        except NoModelAnswered as error:
            note = f"{error}, so these are popular products"
            if question.only_new:
                note += "; what the customer had bought is not left out"
            return self._by_popular(question, guard, note)
        self._metrics.answered.labels("model").inc(len(answers))
        names: Sequence[str | None] = question.asked() or [None]
        return Recommendations(
            answered_from="model",
            note="" if answers[0].context in ("", "used") else answers[0].context,
            release=answers[0].release,
            answers=[
                self._one(question, guard, customer, answer.known, answer.products, answer.fewer)
                for customer, answer in zip(names, answers, strict=True)
            ],
        )

    async def _ask(self, question: Question, asked: Sequence[str], guard: Guard) -> tuple[Answer, ...]:
        left_out = {*question.exclude, *question.products}
        some = question.count + len(left_out)
        some += ALL if guard.allows_some_only else min(len(guard), SPARE)
        context = Context(question.products, question.viewed, question.time)
        answers = await self._sites.recommend(asked, some, question.only_new, context)
        if len(guard) > SPARE and any(
            len(_left(answer.products, left_out, guard)) < question.count and not answer.fewer
            for answer in answers
        ):
            return await self._sites.recommend(asked, some + len(guard), question.only_new, context)
        return answers

    def _by_popular(self, question: Question, guard: Guard, note: str) -> Recommendations:
        popular = self._popular
        if not popular.products:
            raise RequestRefused(
                503,
                "no model answers and no popular products are known yet; ask again in some seconds",
                {"Retry-After": "5"},
            )
        asked: Sequence[str | None] = question.asked() or [None]
        self._metrics.answered.labels("popular").inc(len(asked))
        return Recommendations(
            answered_from="popular",
            note=note,
            release=popular.release,
            answers=[self._one(question, guard, customer, False, popular.products, "") for customer in asked],
        )

    def _one(
        self,
        question: Question,
        guard: Guard,
        customer: str | None,
        known: bool,
        products: Sequence[Product],
        fewer: str,
    ) -> Recommendation:
        left_out = {*question.exclude, *question.products}
        shown: list[RecommendedProduct] = []
        taken: list[Taken] = []
        for product in products:
            if len(shown) == question.count:
                break
            if product.code in left_out:
                continue
            if (rule := guard.takes(product.code)) is not None:
                self._metrics.taken.labels(rule.name).inc()
                taken.append(Taken(product=product.code, rule=rule.name, reason=rule.reason))
                continue
            shown.append(
                RecommendedProduct(
                    product=product.code,
                    description=product.description,
                    score=product.score,
                    reason=product.reason,
                )
            )
        if len(shown) == question.count:
            fewer = ""
        elif not fewer:
            fewer = "exclude, products and the rules of this front leave no more"
        return Recommendation(
            customer=customer,
            known=known,
            products=shown,
            fewer=fewer,
            taken=taken if question.explain else None,
        )


def _left(products: Iterable[Product], left_out: set[str], guard: Guard) -> list[Product]:
    return [one for one in products if one.code not in left_out and guard.takes(one.code) is None]
