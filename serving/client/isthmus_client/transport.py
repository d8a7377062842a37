"""One connection to a Triton server, by gRPC or by HTTP with keep-alive, with the same errors for both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from isthmus_client.errors import NotTriton, ServerRefused, ServerUnavailable

_URL = re.compile(
    r"(?:(?P<scheme>grpc|http)://)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})/?"
)
HTTP_PORT = "8000"
_TRANSIENT = {"StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED", "StatusCode.CANCELLED"} | {
    str(code) for code in (408, 429, 502, 503, 504)
}
"""gRPC and HTTP codes of a server that starts, drains, is overloaded or gone."""
MAX_ANSWER_BYTES = 256 * 2**20
"""Most bytes of an answer by gRPC; the largest catalogue for 64 customers is far below."""

CHANNEL: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", MAX_ANSWER_BYTES),
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # Triton may be behind a proxy's environment variables only by accident.
    ("grpc.enable_http_proxy", 0),
    # A restarted server is found at once: the default backs off up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Without it two clients of one process share a connection, also after one was closed.
    ("grpc.use_local_subchannel_pool", 1),
]
"""Options of a gRPC connection."""


class Transport(Protocol):
    """A connection to one server."""

    for_all_threads: bool

    def infer(self, model: str, inputs: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
        """Arrays in, arrays out; an output that the server does not give is None.

        Raises ServerUnavailable or ServerRefused.
        """
        ...

    def ready(self) -> bool:
        """Whether the server has its models loaded."""
        ...

    def parameters(self, model: str) -> dict[str, str]:
        """The parameters in a model's configuration. Raises ServerUnavailable or ServerRefused."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def connect(url: str, timeout_s: float) -> Transport:
    """A connection for a URL; nothing is sent yet.

    Raises:
        ServerUnavailable: the URL cannot be one of a Triton server.
    """
    scheme, address = parsed(url)
    return Grpc(address, timeout_s) if scheme == "grpc" else Http(address, timeout_s)


def parsed(url: str) -> tuple[str, str]:
    """``grpc`` or ``http``, and the address. Raises ServerUnavailable."""
    found = _URL.fullmatch(url) if isinstance(url, str) else None
    if not found or not 0 < int(found["port"]) < 65536:
        raise ServerUnavailable(
            f"{url!r} is not the address of a Triton server; write grpc://HOST:8001 or http://HOST:8000"
        )
    scheme = found["scheme"] or ("http" if found["port"] == HTTP_PORT else "grpc")
    return scheme, f"{found['host']}:{found['port']}"


class Grpc:
    """gRPC; keeps one HTTP/2 connection and finds out when a quiet one is dead."""

    for_all_threads = True

    def __init__(self, address: str, timeout_s: float) -> None:
        from tritonclient import grpc as triton

        self._triton = triton
        self._address = address
        self._timeout_s = timeout_s
        self._client = triton.InferenceServerClient(
            address,
            channel_args=CHANNEL,
        )

    def infer(self, model: str, inputs: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
        with one_error(self._address, "gRPC"):
            result = self._client.infer(
                model,
                as_inputs(self._triton, inputs),
                outputs=as_outputs(self._triton, outputs),
                client_timeout=self._timeout_s,
            )
            return {name: result.as_numpy(name) for name in outputs}

    def ready(self) -> bool:
        with one_error(self._address, "gRPC"):
            return bool(self._client.is_server_ready(client_timeout=self._timeout_s))

    def parameters(self, model: str) -> dict[str, str]:
        with one_error(self._address, "gRPC"):
            response = self._client.get_model_config(model, as_json=True, client_timeout=self._timeout_s)
            return as_parameters(response["config"])

    def close(self) -> None:
        self._client.close()


class Http:
    """HTTP/1.1 with keep-alive and binary tensors; its event loop is of the thread that made it."""

    for_all_threads = False

    def __init__(self, address: str, timeout_s: float) -> None:
        from tritonclient import http as triton

        self._triton = triton
        self._address = address
        self._timeout_s = timeout_s
        self._client = triton.InferenceServerClient(
            address, connection_timeout=timeout_s, network_timeout=timeout_s
        )

    def infer(self, model: str, inputs: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
        with one_error(self._address, "HTTP"), self._in_time():
            wanted = as_outputs(self._triton, outputs)
            result = self._client.infer(model, as_inputs(self._triton, inputs), outputs=wanted)
            return {name: result.as_numpy(name) for name in outputs}

    def ready(self) -> bool:
        with one_error(self._address, "HTTP"), self._in_time():
            return bool(self._client.is_server_ready())

    def parameters(self, model: str) -> dict[str, str]:
        with one_error(self._address, "HTTP"), self._in_time():
            return as_parameters(self._client.get_model_config(model))

    def close(self) -> None:
        self._client.close()

    def _in_time(self) -> Any:
        """The time for all of a try: the library's own is for each read, which a slow server can stretch."""
        import gevent

        return gevent.Timeout(self._timeout_s, TimeoutError(f"no whole answer in {self._timeout_s:g} s"))


def as_parameters(config: dict[str, Any]) -> dict[str, str]:
    """The parameters in a model's configuration, as plain texts."""
    return {name: str(parameter["string_value"]) for name, parameter in config.get("parameters", {}).items()}


def as_inputs(triton: Any, arrays: dict[str, Any]) -> list[Any]:
    """Arrays as a client library of Triton takes them."""
    from tritonclient.utils import np_to_triton_dtype

    inputs = []
    for name, array in arrays.items():
        tensor = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    return inputs


def as_outputs(triton: Any, names: tuple[str, ...]) -> list[Any]:
    """The outputs to ask for."""
    return [triton.InferRequestedOutput(name) for name in names]


@contextmanager
def one_error(address: str, protocol: str) -> Iterator[None]:
    """Everything that a client library raises, as one of ours."""
    from tritonclient.utils import InferenceServerException

    try:
        yield
    except InferenceServerException as error:
        raise _translated(error, address, protocol) from None
    except OSError as error:
        raise _unavailable(address, str(error) or type(error).__name__) from None
    except Exception as error:
        # Parsers of answers raise whatever they like: KeyError, ValueError, HTTPParseError, struct.error.
        raise _no_triton(address, protocol, f"{type(error).__name__}: {error}") from None


def _translated(error: Any, address: str, protocol: str) -> Exception:
    status, message = str(error.status()), str(error.message())
    if "http1.x" in message or "an exception occurred in the client while decoding" in message:
        return _no_triton(address, protocol, message)
    # A server that loads or drains answers that the model is not there, or not ready.
    if status in _TRANSIENT or "is not ready" in message or "exiting" in message.lower():
        return _unavailable(address, message)
    return ServerRefused(f"the Triton server at {address} refused the question: {message}")


def _no_triton(address: str, protocol: str, why: str) -> NotTriton:
    reason = " ".join(why.split())[:200]
    return NotTriton(
        f"what answers at {address} is no Triton server that speaks {protocol} ({reason}); "
        "Triton's gRPC is at port 8001 (grpc://HOST:8001) and its HTTP at 8000 (http://HOST:8000)"
    )


def _unavailable(address: str, why: str) -> ServerUnavailable:
    return ServerUnavailable(
        f"no Triton server answers at {address} ({' '.join(why.split())[:200]}); "
        "`isthmus status` shows whether it runs and `isthmus logs` why not"
    )
