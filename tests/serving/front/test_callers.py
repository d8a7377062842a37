"""Who may ask, how much, and how fast: keys, tokens, limits, and what is noted of a request."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from isthmus.errors import IsthmusError
from serving.front.app import Front
from serving.front.callers import add_key
from tests.serving.front.fronts import NOBODY, PATIENT, front_of, refused, settings
from tests.serving.front.stand_in_triton import ANN, StandInTriton, stand_in

URL = "/v1/recommendations"
QUESTION = {"customer": ANN, "count": 1}


@pytest.fixture(scope="module")
def triton() -> Iterator[StandInTriton]:
    with stand_in() as one:
        yield one


def test_a_key_of_the_file_lets_in_and_no_other(triton: StandInTriton, tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    key, second = add_key(keys, "shop"), add_key(keys, "mail")
    assert key not in keys.read_text()
    assert keys.stat().st_mode & 0o777 == 0o600
    with pytest.raises(IsthmusError, match="has a key for shop already"):
        add_key(keys, "shop")
    with front_of(triton.url, keys=str(keys)) as client:
        for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {second}"}):
            assert client.post(URL, json=QUESTION, headers=headers).status_code == 200
        assert "names no caller" in refused(client.post(URL, json=QUESTION), 401)
        for wrong in (key[:-1], key + "x", "", "é"):
            answered = client.post(URL, json=QUESTION, headers={b"X-API-Key": wrong.encode()})
            assert "not known here" in refused(answered, 401)
            assert answered.headers["www-authenticate"] == "Bearer"
        for path in ("/livez", "/readyz", "/metrics", "/openapi.json"):
            assert client.get(path).status_code == 200
        refused(client.get("/elsewhere"), 401)


def test_tokens_are_judged_by_the_issuers_keys(triton: StandInTriton, tmp_path: Path) -> None:
    key, other = ECKey.generate_key("P-256", {"kid": "1"}), ECKey.generate_key("P-256", {"kid": "1"})
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    now = int(time.time())
    good = {"iss": "https://shop.example", "aud": "front", "sub": "shop", "exp": now + 600}

    def token(claims: dict[str, Any], by: Any = key, algorithm: str = "ES256") -> str:
        return jwt.encode({"alg": algorithm, "kid": "1"}, claims, by, algorithms=[algorithm])

    tokens = {"issuer": "https://shop.example", "audience": "front", "jwks": str(jwks)}
    with front_of(triton.url, tokens=tokens) as client:

        def status(bearer: str) -> int:
            headers = {"Authorization": f"Bearer {bearer}"}
            return client.post(URL, json=QUESTION, headers=headers).status_code

        assert status(token(good)) == 200
        wrong = [
            good | {"iss": "https://other.example"},
            good | {"aud": "back"},
            good | {"exp": now - 600},
            good | {"nbf": now + 600},
            good | {"sub": 3},
            {name: value for name, value in good.items() if name != "exp"},
        ]
        assert [status(token(claims)) for claims in wrong] == [401] * len(wrong)
        assert status(token(good, other)) == 401
        public = OctKey.import_key(json.dumps(key.as_dict(private=False)))
        assert status(token(good, public, "HS256")) == 401
        header = token(good).split(".")
        assert status(f"eyJhbGciOiJub25lIn0.{header[1]}.") == 401
        assert status("a.b.c") == 401


def test_each_caller_has_its_own_rate(triton: StandInTriton, tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    shop, mail = ({"X-API-Key": add_key(keys, name)} for name in ("shop", "mail"))
    with front_of(triton.url, keys=str(keys), limits={"requests_per_minute": 3}) as client:
        assert [client.post(URL, json=QUESTION, headers=shop).status_code for _ in range(3)] == [200] * 3
        late = client.post(URL, json=QUESTION, headers=shop)
        assert "more than 3 requests in a minute" in refused(late, 429)
        assert 0 < int(late.headers["retry-after"]) <= 60
        assert client.post(URL, json=QUESTION, headers=mail).status_code == 200


def test_bodies_that_are_too_large_or_too_slow_are_refused(triton: StandInTriton) -> None:
    with front_of(triton.url) as client:
        assert "more than 65536 bytes" in refused(client.post(URL, content=b" " * 65_537), 413)
        chunked = client.post(URL, content=iter([b" " * 40_000] * 3))
        assert "more than 65536 bytes" in refused(chunked, 413)
    with front_of(triton.url, times={**PATIENT, "receive_s": 1.0}) as client:
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as slow:
            slow.sendall(b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{")
            assert b" 408 " in slow.recv(4096).split(b"\r\n")[0]
        assert client.get("/livez").status_code == 200


def test_no_more_than_so_many_are_answered_at_once() -> None:
    with (
        front_of(NOBODY, limits={"in_flight": 1}, times=PATIENT) as client,
        socket.create_connection((client.base_url.host, client.base_url.port or 0)) as first,
    ):
        first.sendall(b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{")
        while "front_in_flight 2.0" not in client.get("/metrics").text:
            time.sleep(0.01)
        assert "as many requests as it may" in refused(client.post(URL, json=QUESTION), 503)
        assert client.get("/livez").status_code == 200


def test_the_log_has_every_request_and_no_customer(
    triton: StandInTriton, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with front_of(triton.url) as client:
        client.post(URL, json=QUESTION, headers={"X-Request-Id": "mine-1"})
        client.post(URL, json={"customer": ANN, "count": ANN})
        client.post(
            f"{URL}?customer={ANN}", json={"customer": ANN, ANN: 1}, headers={"X-Request-Id": ANN * 9}
        )
        client.get(f"/{ANN}")
    lines = [json.loads(one.message) for one in caplog.records if one.name == "serving.front.access"]
    assert [line["status"] for line in lines] == [200, 422, 422, 404]
    assert lines[0]["request_id"] == "mine-1"
    assert "count: input should be a valid integer" in lines[1]["why"]
    assert lines[3]["route"] == "other"
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("serving")]
    assert len(ours) >= len(lines)
    assert not [line for line in ours if ANN in line]


def test_settings_that_cannot_hold_are_sentences(tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    keys.write_text("keys: []\n")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"anonymous": False}, "nobody may ask"),
        ({"anonymous": True, "keys": str(keys)}, "leave one out"),
        ({"keys": str(keys)}, "holds no key"),
        ({"keys": str(tmp_path / "none.yaml")}, "none.yaml"),
        ({"anonymous": True, "times": {"hedge_after_s": 2.0, "answer_s": 1.0}}, "never be asked"),
        ({"anonymous": True, "times": {"answer_s": float("nan")}}, "answer_s"),
        ({"anonymous": True, "guard": str(keys)}, "keys.yaml: keys"),
        ({"anonymous": True, "color": "red"}, "color"),
    ]
    for given, said in wrong:
        with pytest.raises(IsthmusError) as caught:
            Front(settings(NOBODY, **given))
        assert said in str(caught.value)
    with pytest.raises(IsthmusError, match="address of a Triton server"):
        settings("ftp://somewhere")
    keys.write_text("keys: [")
    with pytest.raises(IsthmusError, match="is no YAML"):
        Front(settings(NOBODY, keys=str(keys)))
