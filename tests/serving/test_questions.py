"""Questions that cannot be right, servers that are no Triton, requests that no client of ours would send."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from isthmus_client import NotTriton, QuestionRefused, Recommender, ServerRefused, ServerUnavailable
from isthmus_client.interface import MAX_BATCH_SIZE
from isthmus_client.question import LONGEST_NAME
from serving.local.server import LocalServer, Port
from serving.server.envoy_config import MAX_REQUEST_BYTES
from tests.serving.small_release import ITEMS, SmallRelease

NOBODY = "127.0.0.1:9"
"""Where no server listens: what is refused by the client is refused without one."""

no_text = st.one_of(
    st.integers(), st.floats(), st.booleans(), st.none(), st.binary(), st.lists(st.text()), st.just("\ud800")
)
no_number = st.one_of(
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(),
    st.integers(max_value=0),
    st.integers(min_value=2**31),
    st.just(10**5000),
)
no_flag = st.one_of(st.integers(), st.text(), st.none(), st.floats())


@pytest.fixture(scope="module", params=["grpc", "http"])
def alone(request: pytest.FixtureRequest) -> Iterator[Recommender]:
    with Recommender(f"{request.param}://{NOBODY}", patience_s=0) as client:
        yield client


def refused(client: Recommender, customers: Any, k: Any = 5, only_new: Any = False) -> str:
    with pytest.raises(QuestionRefused) as raised:
        client.recommend_many(customers, k, only_new)
    message = str(raised.value)
    assert "\n" not in message
    assert len(message) < 250
    return message


@given(no_text)
def test_a_customer_that_is_no_text(alone: Recommender, customer: Any) -> None:
    assert "a customer is" in refused(alone, [customer])


@given(no_number)
def test_a_k_that_is_no_number_of_products(alone: Recommender, k: Any) -> None:
    assert refused(alone, ["14911"], k).startswith("k is")


@given(no_flag)
def test_an_only_new_that_is_no_flag(alone: Recommender, only_new: Any) -> None:
    assert refused(alone, ["14911"], 5, only_new).startswith("only_new is")


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()))
def test_one_text_where_a_list_belongs(alone: Recommender, customers: Any) -> None:
    assert "give a list of ids" in refused(alone, customers)
    with pytest.raises(QuestionRefused, match="give a list of ids"):
        alone.recommend_all(customers)


def test_more_than_fits_into_one_question(alone: Recommender) -> None:
    assert "at most 64" in refused(alone, ["x"] * 65)
    assert f"allowed are {LONGEST_NAME}" in refused(alone, ["x" * (LONGEST_NAME + 1)])
    with pytest.raises(QuestionRefused, match="in_flight is 0"):
        alone.recommend_all(["x"], in_flight=0)
    with Recommender(f"grpc://{NOBODY}", pseudonym=lambda _: 5) as client:  # type: ignore[arg-type, return-value]
        assert "it must give a text" in refused(client, ["x"])


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "5", None])
def test_seconds_that_are_none(value: Any) -> None:
    with pytest.raises(QuestionRefused, match=r"timeout_s is .*give seconds"):
        Recommender(f"grpc://{NOBODY}", timeout_s=value)


@pytest.mark.parametrize("url", [None, 5, b"grpc://h:8001", "grpc://h:８００１"])
def test_an_address_that_is_none(url: Any) -> None:
    with pytest.raises(ServerUnavailable, match="is not the address of a Triton server"):
        Recommender(url)


@contextmanager
def listening(answer: bytes, *, slowly: bool = False) -> Iterator[str]:
    """A server that reads a little, says this, and hangs up; ``slowly``: a byte at a time, without end."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    peer, _ = door.accept()
                except OSError:
                    return
                with peer:
                    try:
                        peer.settimeout(2)
                        peer.recv(65536)
                        peer.sendall(answer)
                        while slowly and not over.wait(0.05):
                            peer.sendall(b"x")
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
        over.set()
        door.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def http(status: str, body: bytes, *more: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more])
    return head.encode() + b"\r\n\r\n" + body


answers = st.one_of(
    st.binary(max_size=200),
    st.builds(
        http, st.sampled_from(["200 OK", "404 Not Found", "500 Broken", "302 Found"]), st.binary(max_size=100)
    ),
    st.builds(
        lambda value: http("200 OK", json.dumps(value).encode()),
        st.recursive(
            st.one_of(st.none(), st.integers(), st.text(max_size=5)),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(["outputs", "name", "items", "config", "error", "shape"]), inner
                )
            ),
            max_leaves=6,
        ),
    ),
)


@settings(max_examples=40)
@given(answers)
def test_a_server_that_answers_anything_else_is_said_and_is_never_ready(answer: bytes) -> None:
    with listening(answer) as address, Recommender(f"http://{address}", timeout_s=2, patience_s=0) as client:
        assert client.ready() is False
        with pytest.raises((ServerUnavailable, ServerRefused), match=address):
            client.recommend("14911")


@pytest.mark.parametrize("answer", [b"", b"hello\n", http("200 OK", b"{}"), b"\x00" * 64])
def test_a_server_that_speaks_no_grpc(answer: bytes) -> None:
    with listening(answer) as address, Recommender(f"grpc://{address}", timeout_s=1, patience_s=0) as client:
        assert client.ready() is False
        with pytest.raises(ServerUnavailable, match=address):
            client.recommend("14911")


def test_a_slow_answer_ends_with_the_time_of_the_try() -> None:
    """Each byte comes in time, the answer does not."""
    slow = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with listening(slow, slowly=True) as address:
        client = Recommender(f"http://{address}", timeout_s=0.5, patience_s=0)
        with pytest.raises(ServerUnavailable, match=r"no whole answer in 0\.5 s"):
            client.recommend("14911")
        assert client.ready() is False


def test_the_ports_asked_the_wrong_way_round(server: LocalServer) -> None:
    http_port, grpc_port = (server.url(kind).rpartition(":")[2] for kind in ("http", "grpc"))
    for url, words in (
        (f"http://127.0.0.1:{grpc_port}", "this port speaks gRPC"),
        (f"grpc://127.0.0.1:{http_port}", "this port speaks HTTP"),
    ):
        with Recommender(url, patience_s=5) as client:
            assert client.ready() is False
            with pytest.raises(ServerRefused, match=words):
                client.recommend("14911")
    # Triton itself, without Envoy; to gRPC, its HTTP port looks like one that hangs up.
    for url, raised in (
        (f"http://127.0.0.1:{server.inside['grpc']}", NotTriton),
        (f"grpc://127.0.0.1:{server.inside['http']}", ServerUnavailable),
    ):
        with Recommender(url, timeout_s=2, patience_s=0.5) as client:
            assert client.ready() is False
            with pytest.raises(raised, match=r"127\.0\.0\.1"):
                client.recommend("14911")


@pytest.mark.parametrize("k", [1, ITEMS, ITEMS + 1, 1000, 2**31 - 1])
@pytest.mark.parametrize("only_new", [False, True])
def test_an_answer_with_fewer_products_says_why(
    server: LocalServer, release: SmallRelease, k: int, only_new: bool
) -> None:
    with Recommender(server.url("grpc")) as client:
        for answer in client.recommend_many([*release.customers, "nobody"], k, only_new):
            given_ = len(answer.products)
            assert bool(answer.fewer) == (given_ < k)
            if answer.fewer:
                assert f"{k} were asked for and {given_} given" in answer.fewer
                assert ("had bought is left out" in answer.fewer) == only_new


def ask(server: LocalServer, body: Any, **headers: str) -> httpx.Response:
    url = server.url("http") + "/v2/models/recommend/infer"
    return httpx.post(url, content=body, headers=headers, timeout=60, trust_env=False)


def question(customer: str = "nobody", k: int = 5) -> bytes:
    tensors = (("customer", "BYTES", customer), ("k", "INT32", k), ("only_new", "BOOL", False))
    inputs = [
        {"name": name, "datatype": kind, "shape": [1, 1], "data": [value]} for name, kind, value in tensors
    ]
    return json.dumps({"inputs": inputs}).encode()


def alive(server: LocalServer) -> bool:
    assert server.process is not None
    return server.process.poll() is None and ask(server, question()).status_code == 200


@pytest.mark.parametrize("k", [0, -1])
def test_a_k_below_1_is_the_callers_fault(server: LocalServer, k: int) -> None:
    answer = ask(server, question(k=k))
    assert answer.status_code == 400
    assert f"k is {k}; allowed is 1 or more" in answer.json()["error"]
    inputs = {
        "customer": np.array([[b"nobody"]], np.object_),
        "k": np.array([[k]], np.int32),
        "only_new": np.array([[False]]),
    }
    address = server.url("grpc").removeprefix("grpc://")
    with triton.InferenceServerClient(address) as client, pytest.raises(InferenceServerException) as raised:
        client.infer("recommend", [_tensor(name, array) for name, array in inputs.items()])
    assert raised.value.status() == "StatusCode.INVALID_ARGUMENT"


def _tensor(name: str, array: np.ndarray) -> Any:
    tensor = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    tensor.set_data_from_numpy(array)
    return tensor


HOSTILE = {
    "nested": lambda size: b"[" * size,
    "nested objects": lambda size: b'{"a":' * (size // 5),
    "a long name": lambda size: question("x" * size),
    "no JSON": lambda size: b"\0" * size,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_request_of_5_mb_is_refused_and_the_server_lives(server: LocalServer, kind: str) -> None:
    body = HOSTILE[kind](5_000_000)
    for content in (body, (body[at : at + 16384] for at in range(0, len(body), 16384))):
        answer = ask(server, content)
        assert answer.status_code == 413
        assert f"larger than {MAX_REQUEST_BYTES} bytes" in answer.json()["error"]
    assert alive(server)


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_just_small_enough_kills_no_server(server: LocalServer, kind: str) -> None:
    body = HOSTILE[kind](MAX_REQUEST_BYTES - 300)
    assert ask(server, body).status_code != 413
    assert ask(server, (body[at : at + 1] for at in range(len(body)))).status_code != 413
    assert alive(server)


@pytest.mark.parametrize("shape", [[2**31, 2**31], [2**31, 1], [999] * 5, [1, 1_000]])
def test_a_shape_that_no_question_has_is_refused_before_triton_makes_room_for_it(
    server: LocalServer, shape: list[int]
) -> None:
    body = question().replace(b'"INT32", "shape": [1, 1]', f'"INT32", "shape": {shape}'.encode())
    for same in (body, body.replace(b'"shape"', b'"sh\\u0061pe"')):
        answer = ask(server, same)
        assert answer.status_code == 400
        assert "larger than any question's" in answer.json()["error"]
    assert alive(server)


def test_a_request_of_5_mb_by_grpc_is_refused_and_the_server_lives(server: LocalServer) -> None:
    address = server.url("grpc").removeprefix("grpc://")
    with grpc.insecure_channel(address) as channel:
        for size in (5_000_000, 3 * MAX_REQUEST_BYTES):
            call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
            with pytest.raises(grpc.RpcError) as raised:
                call(b"\0" * size, timeout=30)
            assert raised.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            assert f"larger than {MAX_REQUEST_BYTES} bytes" in raised.value.details()
    assert alive(server)


@pytest.mark.parametrize("kind", ["grpc", "http"])
def test_the_largest_question_of_the_client_passes_envoy(server: LocalServer, kind: Port) -> None:
    with Recommender(server.url(kind)) as client:
        answers_ = client.recommend_many(["x" * LONGEST_NAME] * MAX_BATCH_SIZE, 3)
    assert len(answers_) == MAX_BATCH_SIZE


@settings(max_examples=40)
@given(
    customers=st.lists(st.text(max_size=20), min_size=1, max_size=5),
    k=st.one_of(st.integers(1, 100), st.integers(1, 2**31 - 1)),
    only_new=st.booleans(),
)
def test_every_question_that_can_be_right_is_answered(
    server: LocalServer, customers: list[str], k: int, only_new: bool
) -> None:
    try:
        [customer.encode() for customer in customers]
    except UnicodeEncodeError:
        return
    for kind in ("grpc", "http"):
        with Recommender(server.url(kind)) as client:
            answers = client.recommend_many(customers, k, only_new)
        assert [answer.customer for answer in answers] == customers
        assert all(len(answer.products) == min(k, ITEMS) for answer in answers if not answer.known)
