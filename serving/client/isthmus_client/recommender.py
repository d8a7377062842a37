"""``Recommender``: the one class that an application uses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from time import perf_counter
from types import TracebackType
from typing import Any

import tenacity

from isthmus_client.answer import Answer
from isthmus_client.errors import (
    ClientClosed,
    ClientError,
    NotTriton,
    QuestionRefused,
    ServerUnavailable,
)
from isthmus_client.interface import ANSWERED, KEY_PARAMETER, MAX_BATCH_SIZE, MODEL
from isthmus_client.outputs import answers
from isthmus_client.question import Context, seconds, several, tensors
from isthmus_client.transport import Transport, connect


class Recommender:
    """Recommendations from one Triton endpoint; one instance may be used by many threads.

    Args:
        url: ``grpc://host:port`` or ``http://host:port``; without a scheme port 8000 is HTTP and any other
            gRPC. Connections are kept open between calls.
        pseudonym: what turns the caller's customer id into the pseudonym that releases know; callers of the
            private site, who hold the key, pass ``Pseudonyms(key).customer``. None: they are pseudonyms.
        timeout_s: seconds for one try.
        patience_s: seconds in which an unavailable server is tried again, with growing pauses.
    """

    def __init__(
        self,
        url: str,
        *,
        pseudonym: Callable[[str], str] | None = None,
        timeout_s: float = 5.0,
        patience_s: float = 10.0,
    ) -> None:
        self.url = url
        self._pseudonym: Callable[[str], str] = pseudonym or (lambda name: name)
        self._closed = False
        self._local = threading.local()
        self._shared: Transport | None = None
        self._opening = threading.Lock()
        self._timeout_s = seconds("timeout_s", timeout_s, 0.001)
        self._patience_s = seconds("patience_s", patience_s, 0)
        self._transport()  # a URL that cannot be right is refused here, not at the first question

    def recommend(
        self,
        customer: str,
        k: int = 10,
        only_new: bool = False,
        *,
        basket: Sequence[str] = (),
        viewed: Sequence[str] = (),
        time: datetime | str | None = None,
    ) -> Answer:
        """Recommend ``k`` products for one customer, best first.

        Args:
            customer: customer id as text, or its pseudonym (see ``pseudonym``).
            k: number of products, 1 or more; where fewer come back, ``Answer.fewer`` says why.
            only_new: leave out what the customer has bought before.
            basket: codes of the products in the basket; they change the scores and are no part of the answer.
                One that the release does not know changes nothing.
            viewed: codes of products that were just looked at; they count half, and may be recommended.
            time: by the shop's clock, of which the day of the week counts; None for no day in particular.

        Raises:
            ServerUnavailable: no server answered within the patience.
            ServerRefused: the question is wrong, as the server says, or as the client does without asking it
                (``QuestionRefused``).
            NotTriton: something else answers at the address (a ``ServerUnavailable``).
        """
        return self.recommend_many([customer], k, only_new, basket=basket, viewed=viewed, time=time)[0]

    def recommend_many(
        self,
        customers: Sequence[str],
        k: int = 10,
        only_new: bool = False,
        *,
        basket: Sequence[str] = (),
        viewed: Sequence[str] = (),
        time: datetime | str | None = None,
    ) -> tuple[Answer, ...]:
        """One question for several customers, at most 64, with one context (see ``recommend``)."""
        asked = list(several(customers))
        if not asked:
            return ()
        inputs = tensors(asked, k, only_new, self._pseudonym, Context(basket, viewed, time))
        started = perf_counter()
        outputs = self._ask(inputs)
        milliseconds = (perf_counter() - started) * 1000
        return answers(asked, outputs, milliseconds, self.url)

    def recommend_all(
        self, customers: Iterable[str], k: int = 10, only_new: bool = False, *, in_flight: int = 4
    ) -> Iterator[Answer]:
        """Answers for any number of customers, in their order; ``in_flight`` questions of 64 at a time.

        Customers are read as answers are taken, so a million of them need no memory. Raises as ``recommend``.
        """
        if isinstance(in_flight, bool) or not isinstance(in_flight, int) or in_flight < 1:
            raise QuestionRefused(f"in_flight is {in_flight!r}; give a whole number, 1 or more")
        return self._answers(iter(several(customers)), k, only_new, in_flight)

    def _answers(self, source: Iterator[str], k: int, only_new: bool, in_flight: int) -> Iterator[Answer]:
        waiting: list[Future[tuple[Answer, ...]]] = []
        with ThreadPoolExecutor(in_flight, thread_name_prefix="recommend") as pool:
            try:
                while True:
                    while len(waiting) < in_flight and (batch := list(islice(source, MAX_BATCH_SIZE))):
                        waiting.append(pool.submit(self.recommend_many, batch, k, only_new))
                    if not waiting:
                        return
                    yield from waiting.pop(0).result()
            finally:
                for future in waiting:
                    future.cancel()

    def pseudonym_key(self) -> str | None:
        """The id of the key that the release's customers are named with; None where it tells none.

        Raises:
            ServerUnavailable: no server answered.
        """
        return self._transport().parameters(MODEL).get(KEY_PARAMETER)

    def ready(self) -> bool:
        """Whether a Triton server answers that has a release loaded; never raises."""
        try:
            transport = self._transport()
            return transport.ready() and "release" in transport.parameters(MODEL)
        except ClientError:
            return False

    def close(self) -> None:
        """Close all connections; a closed client answers no more."""
        self._closed = True
        with self._opening:
            own: Transport | None = getattr(self._local, "transport", None)
            for transport in (self._shared, own):
                if transport is not None:
                    transport.close()
            self._shared = self._local.transport = None

    def __enter__(self) -> Recommender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, inputs: dict[str, Any]) -> dict[str, Any]:
        # Asking twice changes nothing, so a lost answer is asked for again.
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception(may_come),
            stop=tenacity.stop_after_delay(self._patience_s),
            wait=tenacity.wait_exponential_jitter(multiplier=0.05, max=1.0, jitter=0.05),
            reraise=True,
        )

        def ask() -> dict[str, Any]:
            return self._transport().infer(MODEL, inputs, tuple(ANSWERED))

        answered: dict[str, Any] = again(ask)
        return answered

    def _transport(self) -> Transport:
        """The connection of all threads, or for HTTP of this thread."""
        if self._closed:
            raise ClientClosed(f"the client for {self.url} was closed; make a new one")
        transport: Transport | None = self._shared or getattr(self._local, "transport", None)
        if transport is None:
            with self._opening:
                transport = self._shared or connect(self.url, self._timeout_s)
                if transport.for_all_threads:
                    self._shared = transport
                else:
                    self._local.transport = transport
        return transport


def may_come(error: BaseException) -> bool:
    """Whether asking again may help."""
    return isinstance(error, ServerUnavailable) and not isinstance(error, NotTriton)
