"""Whatever comes, the front answers it or refuses it in a sentence, and goes on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.front.messages import Event, Feedback, Question
from tests.serving.front.fronts import front_of, refused
from tests.serving.front.stand_in_triton import ANN, PRODUCTS, stand_in

WORDS = st.sampled_from([*Question.model_fields, *Feedback.model_fields, *Event.model_fields, ANN, ""])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([ANN, "P1", "shown", "2026-11-28T12:00:00Z", "0001-01-01T00:00:00+23:59", "x" * 3000]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.just(ANN) | VALUES,
        "customers": st.lists(st.text(max_size=5), max_size=70) | VALUES,
        "products": st.lists(st.sampled_from(PRODUCTS)) | VALUES,
        "count": st.integers(-2, 102) | VALUES,
        "only_new": st.booleans() | VALUES,
        "exclude": st.lists(st.sampled_from(PRODUCTS)) | VALUES,
        "explain": st.booleans() | VALUES,
    },
)
EVENTS = st.fixed_dictionaries(
    {"key": st.text(min_size=6, max_size=12) | VALUES},
    optional={
        "events": VALUES
        | st.lists(
            st.fixed_dictionaries(
                {
                    "event": st.just("shown") | LEAVES,
                    "customer": st.just(ANN) | LEAVES,
                    "product": st.just("P1") | LEAVES,
                    "at": st.datetimes().map(lambda at: at.isoformat() + "+05:00") | LEAVES,
                }
            ),
            max_size=3,
        )
    },
)
MANY = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"customer"',
    b"NaN",
    b'{"customer": "a", "count": NaN}',
    b'{"customer": "a", "count": 1e999}',
    b'{"customer": "a", "count": -Infinity}',
    b'{"customer": "a", "count": ' + b"9" * 5000 + b"}",
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"customer": "\xff\xfe"}',
    b'{"customer": "\\ud800"}',
    b"\xff\xfe{\x00}\x00",
    b"\x00" * 1000,
    b"customer=a&count=3",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    spool = {"folder": str(tmp_path_factory.mktemp("spool"))}
    limits = {"requests_per_minute": 10_000_000}
    with stand_in() as triton, front_of(triton.url, spool=spool, limits=limits) as one:
        yield one


def answered_or_refused(client: httpx.Client, path: str, body: bytes, headers: Any = None) -> httpx.Response:
    answered = client.post(path, content=body, headers=headers)
    if answered.status_code >= 400:
        assert answered.status_code < 500, answered.text
        assert len(refused(answered, answered.status_code)) > 10
    return answered


@MANY
@given(body=st.one_of(NEARLY, VALUES))
def test_questions_of_any_shape(client: httpx.Client, body: Any) -> None:
    answered = answered_or_refused(client, "/v1/recommendations", json.dumps(body).encode())
    if answered.status_code == 200:
        told = answered.json()
        assert len(told["answers"]) == max(1, len(body.get("customers") or []))
        left_out = {*body.get("exclude", []), *body.get("products", [])}
        for one in told["answers"]:
            assert len(one["products"]) <= body.get("count", 10)
            assert not left_out & {product["product"] for product in one["products"]}


@MANY
@given(body=EVENTS)
def test_feedback_of_any_shape(client: httpx.Client, body: Any) -> None:
    answered_or_refused(client, "/v1/feedback", json.dumps(body).encode())


@pytest.mark.parametrize("path", ["/v1/recommendations", "/v1/feedback"])
def test_what_is_no_json_is_a_sentence(client: httpx.Client, path: str) -> None:
    for body in BROKEN:
        for headers in (None, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
            assert answered_or_refused(client, path, body, headers).status_code in (400, 422), body[:80]


@settings(MANY, max_examples=20)
@given(content=st.binary(max_size=400))
def test_bytes_of_any_kind(client: httpx.Client, content: bytes) -> None:
    answered_or_refused(client, "/v1/recommendations", content)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/recommendations", 405),
        ("DELETE", "/v1/feedback", 405),
        ("POST", "/livez", 405),
        ("GET", "/v1", 404),
        ("GET", "/v1/recommendations/../../etc/passwd", 404),
        ("GET", "/%00%ff", 404),
    ],
)
def test_ways_that_are_none(client: httpx.Client, method: str, path: str, status: int) -> None:
    refused(client.request(method, path), status)


def test_a_hundred_megabytes_are_refused_before_they_have_come(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as large:
        large.sendall(b"POST /v1/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n{")
        assert b" 413 " in large.recv(4096).split(b"\r\n")[0]
    for said in (b"-1", b"x", b"9" * 30):
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as wrong:
            wrong.sendall(b"POST /v1/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: " + said + b"\r\n\r\n{}")
            assert wrong.recv(4096).split(b" ")[1] in (b"400", b"413"), said
    assert client.get("/livez").status_code == 200


def test_the_document_describes_what_is_there(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    for path in ("/v1/recommendations", "/v1/feedback"):
        said = document["paths"][path]["post"]
        assert said["security"] == [{"APIKeyHeader": []}, {"HTTPBearer": []}]
        assert "application/problem+json" in said["responses"]["default"]["content"]
        assert "422" not in said["responses"], "refusals are problems, not FastAPI's own"
    answer = document["components"]["schemas"]["Recommendations"]
    assert {"from", "note", "release", "answers"} == answer["properties"].keys()
