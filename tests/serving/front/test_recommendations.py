"""Answers of the front before a stand-in of Triton that fails in each of its ways."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import httpx
import pytest
import yaml

from tests.serving.front.fronts import NOBODY, PATIENT, QUICK, codes, front_of, refused
from tests.serving.front.stand_in_triton import ANN, BEN, PRODUCTS, RELEASE, How, StandInTriton, stand_in

URL = "/v1/recommendations"
FAILS = [how for how in get_args(How) if how not in ("well", "when told")]


@pytest.fixture
def triton() -> Iterator[StandInTriton]:
    with stand_in() as one:
        yield one


@pytest.fixture
def other() -> Iterator[StandInTriton]:
    with stand_in() as one:
        yield one


def ask(client: httpx.Client, **question: Any) -> httpx.Response:
    return client.post(URL, json=question)


def test_one_customer_several_and_none(triton: StandInTriton) -> None:
    with front_of(triton.url) as client:
        one = ask(client, customer=ANN, count=2)
        assert codes(one) == ["P8", "P7"]
        assert one.json()["from"] == "model"
        assert one.json()["release"] == RELEASE
        several = ask(client, customers=[ANN, BEN, "stranger"], count=3)
        assert [codes(several, row)[0] for row in range(3)] == ["P8", "P5", "P1"]
        assert [row["known"] for row in several.json()["answers"]] == [True, True, False]
        none = ask(client, products=["P1"], count=2)
        assert codes(none) == ["P2", "P3"]
        assert none.json()["from"] == "model"
        assert none.json()["answers"][0].get("customer") is None


def test_what_is_excluded_or_in_the_basket_is_made_up_for(triton: StandInTriton) -> None:
    with front_of(triton.url) as client:
        assert codes(ask(client, customer=ANN, products=["P8"], exclude=["P6"], count=2)) == ["P7", "P1"]
        all_but = ask(client, customer=ANN, exclude=PRODUCTS[1:], count=3)
        assert codes(all_but) == ["P1"]
        assert all_but.json()["answers"][0]["fewer"]


def test_rules_hold_for_models_and_popular_products_and_say_why(
    triton: StandInTriton, tmp_path: Path
) -> None:
    guard = tmp_path / "guard.yaml"
    rules = [
        {"name": "recalled", "reason": "recalled by its maker", "deny": ["P8", "P1"]},
        {"name": "in stock", "reason": "nothing else is in stock", "allow": [*PRODUCTS[:5], "P8"]},
    ]
    guard.write_text(yaml.safe_dump({"rules": rules}))
    with front_of(triton.url, guard=str(guard)) as client:
        by_model = ask(client, customer=ANN, count=2, explain=True)
        assert codes(by_model) == ["P2", "P3"]
        taken = {
            one["product"]: (one["rule"], one["reason"]) for one in by_model.json()["answers"][0]["taken"]
        }
        assert taken["P8"] == ("recalled", "recalled by its maker")
        assert taken["P7"] == ("in stock", "nothing else is in stock")
        assert "taken" not in ask(client, customer=ANN).json()["answers"][0]
        triton.how = "refuses"
        assert codes(ask(client, customer=ANN, count=2)) == ["P2", "P3"]
        assert 'front_guard_taken_total{rule="recalled"}' in client.get("/metrics").text


def test_new_rules_are_read_and_bad_ones_change_nothing(triton: StandInTriton, tmp_path: Path) -> None:
    guard = tmp_path / "guard.yaml"
    guard.write_text("rules: []\n")
    with front_of(triton.url, guard=str(guard)) as client:
        assert codes(ask(client, customer=ANN, count=1)) == ["P8"]
        guard.write_text("rules: [{name: a, reason: b, deny: [P8]}]\n")
        assert comes(lambda: codes(ask(client, customer=ANN, count=1)) == ["P7"])
        for bad in ("rules: [", "rules: [{name: a, reason: b}]", "rules: 3", "[]"):
            guard.write_text(bad)
        guard.write_text("")  # as it is for a moment while somebody writes it
        time.sleep(1.5)
        assert codes(ask(client, customer=ANN, count=1)) == ["P7"]


@pytest.mark.parametrize("how", FAILS)
def test_the_other_site_answers_for_one_that_fails(
    triton: StandInTriton, other: StandInTriton, how: How
) -> None:
    triton.how = how
    # As long as a front takes to start before one that never answers.
    with front_of(triton.url, other.url, times={**PATIENT, "answer_s": 5.0}) as client:
        for _ in range(3):
            answered = ask(client, customer=ANN, count=1)
            assert codes(answered) == ["P8"]
            assert answered.json()["from"] == "model"


@pytest.mark.parametrize("how", FAILS)
def test_where_no_model_answers_popular_products_do_and_say_so(triton: StandInTriton, how: How) -> None:
    with front_of(triton.url, NOBODY, times=QUICK) as client:
        assert comes(lambda: client.get("/readyz").json()["popular"])
        triton.how = how
        answered = ask(client, customer=ANN, count=3, only_new=True)
        assert codes(answered) == PRODUCTS[:3]
        told = answered.json()
        assert (told["from"], told["release"], told["answers"][0]["known"]) == ("popular", RELEASE, False)
        assert "so these are popular products; what the customer had bought is not left out" in told["note"]


def test_a_slow_site_is_hedged_and_then_left_alone(triton: StandInTriton, other: StandInTriton) -> None:
    with front_of(triton.url, other.url, breaker={"failures": 3, "open_s": 60.0}) as client:
        triton.how = "never"
        before, others = triton.asked, other.asked
        for _ in range(8):
            assert ask(client, customer=ANN).json()["from"] == "model"
        assert triton.asked - before == 3
        assert other.asked - others == 8
        told = client.get("/metrics").text
        assert "front_hedged_total 3.0" in told
        assert f'front_site_open{{site="{triton.url}"}} 1.0' in told


def test_no_more_than_a_share_of_the_questions_is_hedged(triton: StandInTriton, other: StandInTriton) -> None:
    never_open, times = {"failures": 1000}, {**PATIENT, "answer_s": 2.0}
    hedges = {"share": 0.25, "at_once": 1}
    with front_of(triton.url, other.url, breaker=never_open, hedges=hedges, times=times) as client:
        triton.how = "never"
        told = [ask(client, customer=ANN).json()["from"] for _ in range(6)]
        # One at once, and another when four questions had come.
        assert told == ["model", "popular", "popular", "popular", "model", "popular"]
        assert "front_hedged_total 2.0" in client.get("/metrics").text


def test_more_questions_than_may_wait_get_popular_products_at_once(triton: StandInTriton) -> None:
    with front_of(triton.url, limits={"at_models": 2}) as client:
        triton.how = "when told"
        with ThreadPoolExecutor(5) as pool:
            asked = [pool.submit(ask, client, customer=ANN) for _ in range(5)]
            assert comes(lambda: sum(each.done() for each in asked) == 3)
            triton.told.set()
            told = [each.result().json() for each in asked]
        assert sorted(one["from"] for one in told) == ["model"] * 2 + ["popular"] * 3
        assert sum("more questions wait for the models" in one["note"] for one in told) == 3
        assert "front_shed_total 3.0" in client.get("/metrics").text


def test_a_site_that_was_left_alone_is_tried_again(
    triton: StandInTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.time()]
    monkeypatch.setattr("purgatory.domain.model.time", SimpleNamespace(time=lambda: now[0]))
    with front_of(triton.url, breaker={"failures": 1, "open_s": 60.0}) as client:
        assert comes(lambda: client.get("/readyz").json()["popular"])
        triton.how = "refuses"
        assert ask(client, customer=ANN).json()["from"] == "popular"
        asked = triton.asked
        assert "left alone" in ask(client, customer=ANN).json()["note"]
        assert triton.asked == asked
        triton.how = "well"
        now[0] += 61
        assert ask(client, customer=ANN).json()["from"] == "model"


def test_popular_products_outlive_a_restart_while_nothing_answers(
    triton: StandInTriton, tmp_path: Path
) -> None:
    kept = {"file": str(tmp_path / "popular.json")}
    with front_of(triton.url, popular=kept) as client:
        assert client.get("/readyz").status_code == 200
    with front_of(NOBODY, popular=kept) as client:
        assert codes(ask(client, customer=ANN, count=2)) == ["P1", "P2"]
        assert client.get("/readyz").json()["sites"] == {NOBODY: False}
        assert client.get("/readyz").json()["ready"]
    (tmp_path / "popular.json").write_text('{"release": 3}')
    with front_of(NOBODY, popular=kept) as client:
        assert "no popular products" in refused(ask(client, customer=ANN), 503)
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200


def test_a_key_of_the_private_site_makes_pseudonyms(triton: StandInTriton) -> None:
    with front_of(triton.url, pseudonym=lambda name: {"ann": ANN}.get(name, name)) as client:
        answered = ask(client, customer="ann", count=1)
        assert codes(answered) == ["P8"]
        assert answered.json()["answers"][0]["customer"] == "ann"


def comes(true: Any) -> bool:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False
