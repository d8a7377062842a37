"""What can be asked: refused here, before anything is sent, by a sentence that names the value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from isthmus_client.errors import QuestionRefused
from isthmus_client.interface import MAX_BATCH_SIZE

MOST = 2**31 - 1
"""``k`` travels as INT32."""
LONGEST_NAME = 960
"""Bytes of a customer's name as it travels: 64 of these fit into what Envoy takes."""


MOST_BROUGHT = 200
"""Products of a basket, or viewed."""
LONGEST_CODE = 64
"""Bytes of a product's code."""


@dataclass(frozen=True)
class Context:
    """What a question brings besides customers: see ``Recommender.recommend``."""

    basket: Any = ()
    viewed: Any = ()
    time: Any = None

    def tensors(self, customers: int) -> dict[str, Any]:
        """The inputs that say it, the same for each customer. Raises QuestionRefused."""
        given: dict[str, Any] = {}
        for name in ("basket", "viewed"):
            if codes := _codes(name, getattr(self, name)):
                given[name] = np.array([codes] * customers, dtype=np.object_)
        if self.time is not None:
            given["time"] = np.array([[_time(self.time)]] * customers, dtype=np.object_)
        return given


def tensors(
    customers: list[str],
    k: Any,
    only_new: Any,
    pseudonym: Callable[[str], str],
    context: Context = Context(),
) -> dict[str, Any]:
    """The inputs of the model ``recommend``. Raises QuestionRefused."""
    if len(customers) > MAX_BATCH_SIZE:
        raise QuestionRefused(
            f"{len(customers)} customers in one question; at most {MAX_BATCH_SIZE}: "
            "recommend_all asks for any number"
        )
    shape = (len(customers), 1)
    return {
        "customer": np.array([[_name(customer, pseudonym)] for customer in customers], dtype=np.object_),
        "k": np.full(shape, _number(k), np.int32),
        "only_new": np.full(shape, _flag(only_new), np.bool_),
        **context.tensors(len(customers)),
    }


def several(customers: Any) -> Iterable[str]:
    """Customers, as long as it is not one text, whose letters would be asked for. Raises QuestionRefused."""
    if isinstance(customers, (str, bytes)) or not isinstance(customers, Iterable):
        raise QuestionRefused(
            f'customers is {_shown(customers)}; give a list of ids, as in ["14911"], or ask recommend for one'
        )
    return customers


def _name(customer: Any, pseudonym: Callable[[str], str]) -> bytes:
    if not isinstance(customer, str):
        raise QuestionRefused(f'a customer is {_shown(customer)}; give the id as text, as in "14911"')
    named = pseudonym(customer)
    if not isinstance(named, str):
        raise QuestionRefused(f"pseudonym(...) gave {_shown(named)} for a customer; it must give a text")
    try:
        encoded = named.encode()
    except UnicodeEncodeError:
        raise QuestionRefused(f"a customer is {_shown(customer)}, which is no text of Unicode") from None
    if len(encoded) > LONGEST_NAME:
        raise QuestionRefused(
            f"a customer's id has {len(encoded)} bytes ({_shown(customer)}); allowed are {LONGEST_NAME}"
        )
    return encoded


def _codes(name: str, codes: Any) -> list[bytes]:
    if isinstance(codes, (str, bytes)) or not isinstance(codes, Iterable):
        raise QuestionRefused(f'{name} is {_shown(codes)}; give a list of product codes, as in ["85123A"]')
    found = []
    for code in codes:
        if not isinstance(code, str) or not code or len(code.encode(errors="replace")) > LONGEST_CODE:
            raise QuestionRefused(
                f"{name} holds {_shown(code)}; a product code is a text of up to {LONGEST_CODE} bytes"
            )
        try:
            found.append(code.encode())
        except UnicodeEncodeError:
            raise QuestionRefused(f"{name} holds {_shown(code)}, which is no text of Unicode") from None
    if len(found) > MOST_BROUGHT:
        raise QuestionRefused(f"{name} has {len(found)} products; allowed are {MOST_BROUGHT}")
    return found


def _time(time: Any) -> bytes:
    if isinstance(time, date):  # a datetime is one, too
        return time.isoformat().encode()
    try:
        return datetime.fromisoformat(time).isoformat().encode()
    except (TypeError, ValueError):
        raise QuestionRefused(
            f"time is {_shown(time)}; give a datetime, or a text as in 2011-10-03T14:30, by the shop's clock"
        ) from None


def _number(k: Any) -> int:
    if isinstance(k, (bool, np.bool_)) or not isinstance(k, (int, np.integer)):
        raise QuestionRefused(f"k is {_shown(k)}; give a whole number of products, 1 or more")
    if k < 1:
        raise QuestionRefused(f"k is {k}; allowed is 1 or more")
    if k > MOST:
        raise QuestionRefused(f"k is {_shown(k)}; allowed is at most {MOST}")
    return int(k)


def _flag(only_new: Any) -> bool:
    if not isinstance(only_new, (bool, np.bool_)):
        raise QuestionRefused(f"only_new is {_shown(only_new)}; give True or False")
    return bool(only_new)


def seconds(name: str, value: Any, least: float) -> float:
    """A number of seconds. Raises QuestionRefused."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < float("inf"):
        raise QuestionRefused(f"{name} is {_shown(value)}; give seconds, {least:g} or more")
    return float(value)


def _shown(value: Any) -> str:
    """A value and its type, cut where it is long."""
    if isinstance(value, int) and abs(value) > 10**30:
        return "a number of more than 30 digits"
    text = ascii(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
