"""Questions that bring a basket, what was viewed, or a time: the real server answers as training counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest

from isthmus_client import Answer, QuestionRefused, Recommender
from serving.local.server import LocalServer
from serving.repository.build import build
from tests.serving.small_release import TOP_K, code
from tests.serving.two_stage_release import make_two_stages
from training.release import Customers, ReleaseContext, Shortlist, new_key, sign
from training.release.context_scores import NO_LIST, Brought, List, candidates, scores


@dataclass(frozen=True)
class Served:
    release: Path
    server: LocalServer
    client: Recommender

    @property
    def customers(self) -> list[str]:
        return list(Customers.read(self.release))

    def expected(
        self, customer: str | None, basket: list[str], viewed: Sequence[str] = (), weekday: int | None = None
    ) -> list[tuple[str, float]]:
        """By the release's own file, in this process: products and scores, the best first."""
        context, shortlist = ReleaseContext.read(self.release), Shortlist.read(self.release)
        assert context is not None
        assert shortlist is not None
        assert shortlist.scores is not None
        listed = NO_LIST
        if customer is not None:
            row = shortlist.customers.tolist().index(customer.encode())
            part = slice(*shortlist.start[row : row + 2].tolist())
            listed = List(shortlist.product[part], shortlist.scores[part], shortlist.owned[part])
        number = {name.decode(): place for place, name in enumerate(context.codes.tolist())}
        in_basket, seen = (np.array([number[one] for one in codes], np.int64) for codes in (basket, viewed))
        brought = Brought.of(in_basket, seen, weekday)
        products, values = candidates(context.scorer, brought, listed)
        found = scores(context.scorer, values, known=customer is not None)
        order = np.argsort(-found, kind="stable")
        return [(context.codes[products[place]].decode(), float(found[place])) for place in order]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("context")
    manifest = make_two_stages(folder / "release")
    signature = sign(manifest.digest(), new_key())
    build(folder / "release", manifest, signature, folder / "models", onnx_backend="python")
    with (
        LocalServer(folder / "models", folder / "log") as server,
        Recommender(server.url("grpc")) as client,
    ):
        yield Served(folder / "release", server, client)


def lines(answer: Answer) -> list[tuple[str, float]]:
    return [(one.code, one.score) for one in answer.products if one.reason != "popular"]


def same(answer: Answer, expected: list[tuple[str, float]]) -> None:
    found = lines(answer)
    assert [name for name, _ in found] == [name for name, _ in expected[: len(found)]]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected[: len(found)]])


def test_a_basket_changes_the_scores_and_is_left_out(served: Served) -> None:
    basket = [code(3), code(17)]
    for customer in served.customers:
        plain, answer = (
            served.client.recommend(customer, 15),
            served.client.recommend(customer, 15, basket=basket),
        )
        assert (plain.context, answer.context) == ("", "used")
        assert len(lines(answer)) == 15
        same(answer, served.expected(customer, basket))
        assert not {name for name, _ in lines(answer)} & set(basket)
        assert lines(plain) != lines(answer)
        assert answer.known


def test_what_was_viewed_counts_and_may_be_answered(served: Served) -> None:
    customer, viewed = served.customers[0], [code(5)]
    answer = served.client.recommend(customer, 30, viewed=viewed)
    same(answer, served.expected(customer, [], viewed))
    in_basket = served.client.recommend(customer, 30, basket=viewed)
    assert lines(answer) != lines(in_basket)
    both = served.client.recommend(customer, 30, basket=viewed, viewed=viewed)
    assert lines(both) == lines(in_basket)


def test_the_day_of_the_week_counts(served: Served) -> None:
    customer = served.customers[0]
    for time, weekday in (("2011-10-03T14:30", 0), ("2011-10-09", 6)):
        answer = served.client.recommend(customer, 15, basket=[code(1)], time=time)
        same(answer, served.expected(customer, [code(1)], [], weekday))
    alone = served.client.recommend(customer, 15, time="2011-10-03")
    same(alone, served.expected(customer, [], [], 0))


def test_a_stranger_gets_what_goes_with_the_basket(served: Served) -> None:
    basket = [code(2), code(9)]
    answer = served.client.recommend("nobody", 12, basket=basket)
    same(answer, served.expected(None, basket))
    assert not answer.known
    assert answer.reason == "context"
    assert {one.reason for one in answer.products} == {"context"}
    # A basket of nothing that the release knows is no basket.
    unknown = served.client.recommend("nobody", 5, basket=["no such product"])
    assert {one.reason for one in unknown.products} == {"popular"}
    assert unknown.reason == "popular"


def test_only_new_leaves_out_what_was_bought_in_a_context_too(served: Served) -> None:
    customers = Customers.read(served.release)
    for customer in served.customers:
        bought = {code(item) for item in customers[customer].last_bought}
        answer = served.client.recommend(customer, 20, only_new=True, basket=[code(4)])
        assert not bought & {one.code for one in answer.products}


def test_questions_of_one_request_each_have_their_own_answer(served: Served) -> None:
    names = [*served.customers, "nobody"]
    many = served.client.recommend_many(names, 7, basket=[code(8)], viewed=[code(1), code(2)])
    for answer in many:
        alone = served.client.recommend(answer.customer, 7, basket=[code(8)], viewed=[code(1), code(2)])
        assert lines(alone) == lines(answer)


def test_a_release_that_learned_of_no_baskets_says_so(tmp_path: Path) -> None:
    """And its ranker's scores are computed where the repository is built: the same as are written today."""
    answers = []
    for scored in (True, False):
        release, models = tmp_path / f"release-{scored}", tmp_path / f"models-{scored}"
        manifest = make_two_stages(release, scored=scored)
        signature = sign(manifest.digest(), new_key())
        built = build(release, manifest, signature, models, onnx_backend="python")
        assert set(built.computed_s) == (set() if scored else {"ranker"})
        with LocalServer(models, tmp_path / "log") as server, Recommender(server.url("http")) as client:
            customers = [*Customers.read(release), "nobody"]
            answers.append(client.recommend_many(customers, TOP_K))
            if not scored:
                basket = client.recommend(customers[0], TOP_K, basket=[answers[1][0].products[0].code])
                assert basket.context.startswith("this release learned of no contexts")
                assert basket.products[:5] == answers[1][0].products[1:6]
    for now, before in zip(*answers, strict=True):
        assert [one.code for one in now.products] == [one.code for one in before.products]
        assert [one.score for one in now.products] == pytest.approx([one.score for one in before.products])


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"basket": "85123A"}, "give a list of product codes"),
        ({"viewed": [5]}, "a product code is a text"),
        ({"basket": [""]}, "a product code is a text"),
        ({"basket": ["x"] * 201}, "allowed are 200"),
        ({"time": "noon"}, "as in 2011-10-03T14:30"),
        ({"time": 5}, "give a datetime"),
    ],
)
def test_a_context_that_is_none(served: Served, context: dict[str, object], sentence: str) -> None:
    with pytest.raises(QuestionRefused, match=sentence):
        served.client.recommend("x", **context)  # type: ignore[arg-type]


def test_the_server_refuses_a_time_that_is_none(served: Served) -> None:
    inputs = [
        {"name": name, "shape": [1, 1], "datatype": kind, "data": [value]}
        for name, kind, value in (
            ("customer", "BYTES", "x"),
            ("k", "INT32", 3),
            ("only_new", "BOOL", False),
            ("time", "BYTES", "noon"),
        )
    ]
    url = served.server.url("http") + "/v2/models/recommend/infer"
    refused = httpx.post(url, json={"inputs": inputs})
    assert refused.status_code == 400
    assert "time is b'noon'; write it as in 2011-10-03T14:30" in refused.text
