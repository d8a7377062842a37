"""``AsyncRecommender``: what ``Recommender`` does, for an application with an event loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter
from types import TracebackType
from typing import Any

import tenacity

from isthmus_client.answer import Answer
from isthmus_client.async_transport import AsyncTransport, connect_async
from isthmus_client.errors import ClientClosed, ClientError
from isthmus_client.interface import ANSWERED, KEY_PARAMETER, MODEL
from isthmus_client.outputs import answers
from isthmus_client.question import Context, seconds, several, tensors
from isthmus_client.recommender import may_come
from isthmus_client.transport import parsed


class AsyncRecommender:
    """Recommendations from one Triton endpoint; arguments, answers and errors are those of ``Recommender``.

    A question may be cancelled; its connection is of the event loop that asked first.
    """

    def __init__(
        self,
        url: str,
        *,
        pseudonym: Callable[[str], str] | None = None,
        timeout_s: float = 5.0,
        patience_s: float = 10.0,
    ) -> None:
        parsed(url)  # a URL that cannot be right is refused here, not at the first question
        self.url = url
        self._pseudonym: Callable[[str], str] = pseudonym or (lambda name: name)
        self._closed = False
        self._timeout_s = seconds("timeout_s", timeout_s, 0.001)
        self._patience_s = seconds("patience_s", patience_s, 0)
        self._connected: AsyncTransport | None = None

    async def recommend(
        self,
        customer: str,
        k: int = 10,
        only_new: bool = False,
        *,
        basket: Sequence[str] = (),
        viewed: Sequence[str] = (),
        time: datetime | str | None = None,
    ) -> Answer:
        """Recommend ``k`` products for one customer, best first (see ``Recommender.recommend``)."""
        found = await self.recommend_many([customer], k, only_new, basket=basket, viewed=viewed, time=time)
        return found[0]

    async def recommend_many(
        self,
        customers: Sequence[str],
        k: int = 10,
        only_new: bool = False,
        *,
        basket: Sequence[str] = (),
        viewed: Sequence[str] = (),
        time: datetime | str | None = None,
    ) -> tuple[Answer, ...]:
        """One question for several customers, at most 64 (see ``recommend``)."""
        asked = list(several(customers))
        if not asked:
            return ()
        inputs = tensors(asked, k, only_new, self._pseudonym, Context(basket, viewed, time))
        started = perf_counter()
        outputs = await self._ask(inputs)
        return answers(asked, outputs, (perf_counter() - started) * 1000, self.url)

    async def pseudonym_key(self) -> str | None:
        """The id of the key that the release's customers are named with; None where it tells none.

        Raises:
            ServerUnavailable: no server answered.
        """
        return (await self._transport().parameters(MODEL)).get(KEY_PARAMETER)

    async def ready(self) -> bool:
        """Whether a Triton server answers that has a release loaded; never raises."""
        try:
            transport = self._transport()
            return await transport.ready() and "release" in await transport.parameters(MODEL)
        except ClientError:
            return False

    async def close(self) -> None:
        """Close the connection; a closed client answers no more."""
        self._closed = True
        connected, self._connected = self._connected, None
        if connected is not None:
            await connected.close()

    async def __aenter__(self) -> AsyncRecommender:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, inputs: dict[str, Any]) -> dict[str, Any]:
        # Asking twice changes nothing, so a lost answer is asked for again.
        async for attempt in tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(may_come),
            stop=tenacity.stop_after_delay(self._patience_s),
            wait=tenacity.wait_exponential_jitter(multiplier=0.05, max=1.0, jitter=0.05),
            reraise=True,
        ):
            with attempt:
                return await self._transport().infer(MODEL, inputs, tuple(ANSWERED))
        raise AssertionError("the last attempt returns or raises")

    def _transport(self) -> AsyncTransport:
        if self._closed:
            raise ClientClosed(f"the client for {self.url} was closed; make a new one")
        if self._connected is None:
            self._connected = connect_async(self.url, self._timeout_s)
        return self._connected
