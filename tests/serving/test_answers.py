"""The real tritonserver on a small release: what it answers, alone and in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import numpy as np
import pytest

from isthmus_client import (
    Answer,
    AsyncRecommender,
    ClientClosed,
    Recommender,
    ServerRefused,
    ServerUnavailable,
)
from serving.local.server import LocalServer, Port
from tests.serving.small_release import CUSTOMERS, ITEMS, TOP_K, SmallRelease, code


@pytest.fixture(params=["grpc", "http"])
def recommender(server: LocalServer, request: pytest.FixtureRequest) -> Iterator[Recommender]:
    with Recommender(server.url(request.param)) as client:
        yield client


def codes(answer: Answer) -> list[str]:
    return [product.code for product in answer.products]


def same(first: Answer, second: Answer) -> bool:
    return replace(first, milliseconds=0) == replace(second, milliseconds=0)


@pytest.mark.parametrize("only_new", [False, True])
@pytest.mark.parametrize("k", [1, 10, TOP_K + 5])
def test_answers_are_those_of_the_definition(
    recommender: Recommender, release: SmallRelease, k: int, only_new: bool
) -> None:
    for pseudonym in release.customers:
        answer = recommender.recommend(pseudonym, k, only_new)
        assert codes(answer) == release.expected(pseudonym, k, only_new)
        assert answer.known
        assert answer.reason == "personal"
        assert answer.release == release.digest
        assert answer.products[0].description == f"LAMPE À {int(answer.products[0].code[1:])}"
        if only_new:
            bought = {code(item) for item in release.customers[pseudonym].last_bought}
            assert not bought & set(codes(answer))


def test_bought_names_the_newest_and_counts_all(recommender: Recommender, release: SmallRelease) -> None:
    for pseudonym in release.customers:
        last = release.customers[pseudonym].last_bought
        answer = recommender.recommend(pseudonym, 1)
        assert [product.code for product in answer.bought] == [code(item) for item in last[:10]]
        assert answer.bought_count == len(last)


def test_a_list_too_short_is_filled_from_the_popular_products(
    recommender: Recommender, release: SmallRelease
) -> None:
    busiest = max(release.customers, key=lambda name: len(release.customers[name].last_bought))
    answer = recommender.recommend(busiest, 10, only_new=True)
    reasons = [product.reason for product in answer.products]
    left = ITEMS - len(release.customers[busiest].last_bought)
    assert len(reasons) == min(10, left)
    assert reasons == sorted(reasons)  # "personal" before "popular"
    assert "popular" in reasons
    scores = [product.score for product in answer.products if product.reason == "personal"]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("name", ["nobody", "", "x" * 500, "Ω"])
def test_an_unknown_customer_gets_the_popular_products_and_is_told_so(
    recommender: Recommender, release: SmallRelease, name: str
) -> None:
    answer = recommender.recommend(name, 7)
    assert codes(answer) == [code(item) for item in release.popular[:7]]
    assert not answer.known
    assert answer.reason == "popular"
    assert answer.bought == ()
    assert {product.reason for product in answer.products} == {"popular"}


def test_a_longer_name_is_not_cut_to_a_known_one(recommender: Recommender, release: SmallRelease) -> None:
    known = next(iter(release.customers))
    assert not recommender.recommend(known + "0").known
    assert not recommender.recommend(known[:-1]).known
    assert not recommender.recommend(known + "\0").known


def test_concurrent_questions_are_batched_and_answered_as_one_after_the_other(
    server: LocalServer, release: SmallRelease
) -> None:
    rng = np.random.default_rng(0)
    names = [*release.customers, "nobody"]
    questions = [
        (
            tuple(str(name) for name in rng.choice(names, rng.integers(1, 6))),
            int(rng.integers(1, 30)),
            bool(rng.integers(2)),
        )
        for _ in range(200)
    ]
    with Recommender(server.url("grpc")) as client:
        alone = [client.recommend_many(*question) for question in questions]
        executed = executions(server, "recommend")
        with ThreadPoolExecutor(16) as pool:
            together = list(pool.map(lambda question: client.recommend_many(*question), questions))
        executed = executions(server, "recommend") - executed
    for before, after in zip(alone, together, strict=True):
        assert all(same(first, second) for first, second in zip(before, after, strict=True))
    assert executed < len(questions)  # at least some of them shared a run


def executions(server: LocalServer, model: str) -> int:
    stats = httpx.get(server.url("http") + f"/v2/models/{model}/stats").json()
    return int(stats["model_stats"][0]["execution_count"])


def test_many_customers_in_one_question_each_get_their_own_answer(
    recommender: Recommender, release: SmallRelease
) -> None:
    names = [*release.customers, "nobody"]
    for only_new in (False, True):
        many = recommender.recommend_many(names, 15, only_new)
        assert [answer.customer for answer in many] == names
        for answer in many:
            assert same(answer, recommender.recommend(answer.customer, 15, only_new))


def test_all_customers_come_in_their_order(recommender: Recommender, release: SmallRelease) -> None:
    names = [*release.customers, "nobody"] * 20
    answers = list(recommender.recommend_all(iter(names), 3))
    assert [answer.customer for answer in answers] == names
    assert len({answer.reason for answer in answers[: CUSTOMERS + 1]}) == 2


def test_the_pseudonym_is_what_travels(server: LocalServer, release: SmallRelease) -> None:
    known = list(release.customers)
    with Recommender(server.url("grpc"), pseudonym=lambda customer: known[int(customer)]) as client:
        answer = client.recommend("3", 5)
    assert answer.customer == "3"
    assert codes(answer) == release.expected(known[3], 5, only_new=False)


def test_a_wrong_question_is_refused_in_the_servers_words(recommender: Recommender) -> None:
    with pytest.raises(ServerRefused, match="k is 0; allowed is 1 or more"):
        recommender.recommend("nobody", k=0)


def test_no_server_is_said_in_one_sentence() -> None:
    for scheme in ("grpc", "http"):
        with (
            Recommender(f"{scheme}://127.0.0.1:9", patience_s=0.2) as client,
            pytest.raises(
                ServerUnavailable, match=r"no Triton server answers at 127\.0\.0\.1:9 .*isthmus status"
            ),
        ):
            client.recommend("nobody")
        assert not Recommender(f"{scheme}://127.0.0.1:9").ready()


@pytest.mark.parametrize(
    "url", ["", "triton", "ftp://triton:8001", "triton:0", "triton:99999", "http://:8000"]
)
def test_an_address_that_cannot_be_right_is_refused(url: str) -> None:
    with pytest.raises(ServerUnavailable, match="write grpc://HOST:8001 or http://HOST:8000"):
        Recommender(url)


def test_a_closed_client_answers_no_more(server: LocalServer) -> None:
    client = Recommender(server.url("grpc"))
    assert client.ready()
    client.close()
    with pytest.raises(ClientClosed, match="was closed"):
        client.recommend("nobody")


def test_metrics_tell_the_release_by_its_version(server: LocalServer, release: SmallRelease) -> None:
    version = int(release.digest[7:15], 16)
    counted = f'nv_inference_request_success{{model="recommend",version="{version}"}} '

    def count() -> float:
        metrics = httpx.get(server.url("metrics") + "/metrics").text
        return float(next(line for line in metrics.splitlines() if line.startswith(counted)).split()[-1])

    with Recommender(server.url("grpc")) as client:
        client.recommend("nobody")
        before = count()
        client.recommend("nobody")
    assert count() == before + 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/repository/index"),
        ("POST", "/v2/repository/models/recommend/unload"),
        ("POST", "/v2/systemsharedmemory/region/x/register"),
        ("GET", "/v2/logging"),
        ("GET", "/v2/trace/setting"),
    ],
)
def test_no_client_may_change_the_server(server: LocalServer, method: str, path: str) -> None:
    assert httpx.request(method, server.url("http") + path, json={}).status_code == 403


@pytest.mark.parametrize("kind", ["grpc", "http"])
def test_the_client_of_an_event_loop_answers_alike(
    server: LocalServer, release: SmallRelease, kind: Port
) -> None:
    customers = [*release.customers, "nobody"]

    async def ask() -> tuple[Answer, ...]:
        async with AsyncRecommender(server.url(kind)) as client:
            assert await client.ready()
            one = await client.recommend(customers[0], 3)
            many = await client.recommend_many(customers, 7, True)
            assert same(one, (await client.recommend_many(customers[:1], 3))[0])
            assert await client.recommend_many([]) == ()
        with pytest.raises(ClientClosed):
            await client.recommend("x")
        return many

    with Recommender(server.url(kind)) as client:
        expected = client.recommend_many(customers, 7, True)
    assert all(map(same, asyncio.run(ask()), expected))


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_the_client_of_an_event_loop_says_that_nobody_answers(scheme: str) -> None:
    async def ask() -> None:
        async with AsyncRecommender(f"{scheme}://127.0.0.1:9", timeout_s=2, patience_s=0.2) as client:
            assert not await client.ready()
            with pytest.raises(ServerUnavailable, match=r"no Triton server answers at 127\.0\.0\.1:9"):
                await client.recommend("x")

    asyncio.run(ask())
