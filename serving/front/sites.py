"""The Triton servers of all sites: the first is asked, and another where it fails or is slow."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from isthmus.errors import IsthmusError
from isthmus_client import Answer, AsyncRecommender, ClientError, NotTriton
from serving.front.breaker import SiteBreaker
from serving.front.budget import HedgeBudget
from serving.front.metrics import Metrics
from serving.front.settings import FrontSettings

STRANGER = "nobody"
"""A name that is no customer's pseudonym, so a release answers it with its popular products."""


@dataclass(frozen=True)
class Context:
    """What a question brings besides customers (``isthmus_client.Recommender.recommend``)."""

    basket: Sequence[str] = ()
    viewed: Sequence[str] = ()
    time: datetime | None = None


NO_CONTEXT = Context()


class NoModelAnswered(IsthmusError):
    """No site gave an answer in time; the message says why, for the caller."""


@dataclass(frozen=True)
class Site:
    """A Triton server, and whether it is worth asking."""

    name: str
    recommender: AsyncRecommender
    breaker: SiteBreaker


class Sites:
    """Asks for one answer, of whichever site has it first."""

    def __init__(
        self, settings: FrontSettings, pseudonym: Callable[[str], str] | None, metrics: Metrics
    ) -> None:
        self._times, self._metrics = settings.times, metrics
        self._hedges = HedgeBudget(settings.hedges)
        self._at_models, self._waiting = settings.limits.at_models, 0
        self.releases: dict[str, str] = {}
        """Site by site, the release that it was last seen to serve."""
        self.sites = [
            Site(
                url,
                # It asks once: asking again is decided here, where the other site is known.
                AsyncRecommender(url, pseudonym=pseudonym, timeout_s=settings.times.answer_s, patience_s=0),
                SiteBreaker(url, settings.breaker),
            )
            for url in settings.triton
        ]
        for site in self.sites:
            metrics.failed.labels(site.name, TimeoutError.__name__)

    async def recommend(
        self, customers: Sequence[str], k: int, only_new: bool, context: Context = NO_CONTEXT
    ) -> tuple[Answer, ...]:
        """Answers by the model for all customers. Raises NoModelAnswered."""
        if self._waiting >= self._at_models:
            self._metrics.shed.inc()
            raise NoModelAnswered("more questions wait for the models than these answer in time")
        self._waiting += 1
        try:
            return await self._first(customers, k, only_new, context)
        finally:
            self._waiting -= 1

    async def _first(
        self, customers: Sequence[str], k: int, only_new: bool, context: Context
    ) -> tuple[Answer, ...]:
        """The answer of whichever site has one first. Raises NoModelAnswered."""
        let = [site for site in self.sites if site.breaker.lets()]
        if not let:
            raise NoModelAnswered("every site has failed just now and is left alone for some seconds")
        self._hedges.asked()
        # Behind one address are many pods: the first is asked once more where all failed at once.
        waiting = [*let, let[0]]
        tasks: dict[asyncio.Task[tuple[Answer, ...]], Site] = {}
        loop = asyncio.get_running_loop()
        until = loop.time() + self._times.answer_s
        hedge = loop.time()
        try:
            while True:
                now = loop.time()
                if waiting and (not tasks or (now >= hedge and len(waiting) > 1)):
                    hedge = now + self._times.hedge_after_s
                    # Without permission the first goes on alone, and may have it a moment later.
                    if not tasks or self._may_hedge(tasks.values()):
                        site = waiting.pop(0)
                        if tasks:
                            self._metrics.hedged.inc()
                        asked = asyncio.create_task(self._ask(site, customers, k, only_new, context))
                        tasks[asked] = site
                if not tasks:
                    raise NoModelAnswered("no site has a model that answers")
                next_at = min(until, hedge) if len(waiting) > 1 else until
                done, _ = await asyncio.wait(
                    tasks, timeout=max(0.0, next_at - loop.time()), return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    site = tasks.pop(task)
                    error = task.exception()
                    if error is None:
                        site.breaker.answered()
                        self._give_up(tasks, "another site answered before it")
                        return task.result()
                    if not isinstance(error, ClientError):
                        raise error
                    self._failed(site, error)
                if loop.time() >= until:
                    self._give_up(tasks, "no answer in time")
                    raise NoModelAnswered(f"no model answered within {self._times.answer_s:g} s")
        finally:
            for task in tasks:
                task.cancel()

    async def ready(self) -> dict[str, bool]:
        """Site by site, whether a model is ready there."""
        found = await asyncio.gather(*(site.recommender.ready() for site in self.sites))
        return {site.name: ready for site, ready in zip(self.sites, found, strict=True)}

    async def look_at_releases(self) -> None:
        """Note which release each site serves; one that does not say keeps what it said before."""

        async def look(site: Site) -> None:
            with suppress(ClientError):
                (answer,) = await site.recommender.recommend_many([STRANGER], 1, False)
                self.releases[site.name] = answer.release

        await asyncio.gather(*map(look, self.sites))

    async def close(self) -> None:
        """Close all connections."""
        for site in self.sites:
            await site.recommender.close()

    async def _ask(
        self, site: Site, customers: Sequence[str], k: int, only_new: bool, context: Context
    ) -> tuple[Answer, ...]:
        answers = await site.recommender.recommend_many(
            customers, k, only_new, basket=context.basket, viewed=context.viewed, time=context.time
        )
        for answer in answers:
            if len(answer.products) > k or not all(math.isfinite(one.score) for one in answer.products):
                raise NotTriton(f"the answer of {site.name} is none to this question")
        return answers

    def _may_hedge(self, asked: Iterable[Site]) -> bool:
        """Always where the sites that were asked are left alone by now: they will hardly answer this one."""
        return all(site.breaker.state == "opened" for site in asked) or self._hedges.takes()

    def _failed(self, site: Site, error: Exception) -> None:
        site.breaker.failed(error)
        self._metrics.failed.labels(site.name, type(error).__name__).inc()

    def _give_up(self, tasks: dict[asyncio.Task[tuple[Answer, ...]], Site], why: str) -> None:
        for task, site in tasks.items():
            task.cancel()
            self._failed(site, TimeoutError(why))
        tasks.clear()
