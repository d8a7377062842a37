"""The comparison of a canary, with a real server and a real object store."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import serving.compare as program
from isthmus_client import Answer, Product, Recommender, ServerUnavailable
from serving.compare import CompareConfig, CompareRefused, chosen, compare, main, overlap
from serving.local.server import LocalServer
from tests.serving.conftest import BUCKET
from tests.serving.small_release import SmallRelease
from training.release import SignatureRefused, Store, new_key, public_key


@pytest.fixture
def env(server: LocalServer, release: SmallRelease, trusted: str) -> dict[str, str]:
    return {
        "STABLE": server.url("grpc"),
        "CANARY": server.url("grpc"),
        "RELEASE": release.digest,
        "RELEASES_BUCKET": BUCKET,
        "TRUSTED_KEYS": trusted,
        "LEAST_OVERLAP": "0.9",
        "CUSTOMERS": "70",
    }


def answer(*codes: str) -> Answer:
    products = tuple(Product(code, "", 1.0, "personal") for code in codes)
    return Answer("c", products, (), 0, True, "personal", 1.0, "sha256:1")


def test_a_release_is_all_that_it_is_itself(env: dict[str, str], store: Store) -> None:
    assert compare(CompareConfig.of(env), store) == 1.0


def test_the_overlap_is_the_mean_share_of_what_the_stable_release_recommends() -> None:
    stable = [answer("a", "b"), answer("a", "b"), answer()]
    assert overlap(stable, [answer("b", "c"), answer("b", "a"), answer("z")]) == pytest.approx(2.5 / 3)


def test_a_release_is_compared_by_the_same_customers_again_and_another_by_others() -> None:
    names = [f"customer-{number}" for number in range(200)]
    one = chosen(names, "sha256:1", 20)
    assert one == chosen(reversed(names), "sha256:1", 20)
    assert len({*one}) == 20
    assert one != chosen(names, "sha256:2", 20)
    assert len(chosen(names, "sha256:1", 500)) == 200


def test_servers_of_another_release_are_not_taken_for_the_canary(
    env: dict[str, str], store: Store, release: SmallRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "PATIENCE_S", 0)
    asked: list[str] = []

    class Another(Recommender):
        def recommend(self, *args: Any, **more: Any) -> Answer:
            asked.append(self.url)
            return answer("a")

    monkeypatch.setattr(program, "Recommender", Another)
    with pytest.raises(CompareRefused, match=f"answers from sha256:1 and not from {release.digest}"):
        compare(CompareConfig.of(env), store)
    assert asked


def test_a_release_that_nobody_trusts_is_not_compared(env: dict[str, str], store: Store) -> None:
    env["TRUSTED_KEYS"] = public_key(new_key())
    with pytest.raises(SignatureRefused):
        compare(CompareConfig.of(env), store)


def test_no_server_is_no_good_canary(
    env: dict[str, str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "Recommender", partial(Recommender, patience_s=0))
    with pytest.raises(ServerUnavailable):
        compare(CompareConfig.of({**env, "CANARY": "grpc://127.0.0.1:1"}), store)


@pytest.mark.parametrize(("found", "status"), [(0.89, 1), (0.9, 0)])
def test_the_exit_status_says_whether_it_is_enough(
    env: dict[str, str],
    found: float,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(program, "compare", lambda config: found)
    assert main(env) == status
    out, err = capsys.readouterr()
    assert f"{found:.3f} of the stable release's top 20" in (err if status else out)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEAST_OVERLAP", "1.1"),
        ("CUSTOMERS", "0"),
        ("RELEASE", "latest"),
        ("TRUSTED_KEYS", ","),
        ("STABLE", ""),
    ],
)
def test_a_wrong_variable_is_named(
    env: dict[str, str], name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main({**env, name: value}) == 1
    assert capsys.readouterr().err.startswith(f"serving.compare: {name}: ")


def test_the_image_holds_it() -> None:
    from isthmus.images.catalogue import IMAGES

    assert "serving.compare" in IMAGES["serving"].entries
