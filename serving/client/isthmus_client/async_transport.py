"""One connection to a Triton server for an event loop; errors are those of ``isthmus_client.transport``."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from isthmus_client.transport import CHANNEL, as_inputs, as_outputs, as_parameters, one_error, parsed


class AsyncTransport(Protocol):
    """A connection to one server, of the event loop in which it is first used."""

    async def infer(self, model: str, inputs: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
        """Arrays in, arrays out; an output that the server does not give is None.

        Raises ServerUnavailable or ServerRefused.
        """
        ...

    async def ready(self) -> bool:
        """Whether the server has its models loaded."""
        ...

    async def parameters(self, model: str) -> dict[str, str]:
        """The parameters in a model's configuration. Raises ServerUnavailable or ServerRefused."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


def connect_async(url: str, timeout_s: float) -> AsyncTransport:
    """A connection for a URL; nothing is sent yet. Raises ServerUnavailable."""
    scheme, address = parsed(url)
    return AsyncGrpc(address, timeout_s) if scheme == "grpc" else AsyncHttp(address, timeout_s)


class AsyncGrpc:
    """gRPC; keeps one HTTP/2 connection."""

    def __init__(self, address: str, timeout_s: float) -> None:
        from tritonclient.grpc import aio as triton

        self._triton = triton
        self._address = address
        self._timeout_s = timeout_s
        self._client = triton.InferenceServerClient(address, channel_args=CHANNEL)

    async def infer(self, model: str, inputs: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
        with one_error(self._address, "gRPC"):
            given = as_inputs(self._triton, inputs)
            wanted = as_outputs(self._triton, outputs)
            result = await self._client.infer(model, given, outputs=wanted, client_timeout=self._timeout_s)
            return {name: result.as_numpy(name) for name in outputs}

    async def ready(self) -> bool:
        with one_error(self._address, "gRPC"):
            return bool(await self._client.is_server_ready(client_timeout=self._timeout_s))

    async def parameters(self, model: str) -> dict[str, str]:
        with one_error(self._address, "gRPC"):
            response = await self._client.get_model_config(
                model, as_json=True, client_timeout=self._timeout_s
            )
            return as_parameters(response["config"])

    async def close(self) -> None:
        await self._client.close()


class AsyncHttp:
    """HTTP/1.1 with keep-alive and binary tensors."""

    def __init__(self, address: str, timeout_s: float) -> None:
        from tritonclient.http import aio as triton

        self._triton = triton
        self._address = address
        self._timeout_s = timeout_s
        self._client = triton.InferenceServerClient(address, conn_timeout=timeout_s)

    async def infer(self, model: str, inputs: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
        with one_error(self._address, "HTTP"):
            given = as_inputs(self._triton, inputs)
            async with asyncio.timeout(self._timeout_s):
                result = await self._client.infer(model, given, outputs=as_outputs(self._triton, outputs))
            return {name: result.as_numpy(name) for name in outputs}

    async def ready(self) -> bool:
        with one_error(self._address, "HTTP"):
            async with asyncio.timeout(self._timeout_s):
                return bool(await self._client.is_server_ready())

    async def parameters(self, model: str) -> dict[str, str]:
        with one_error(self._address, "HTTP"):
            async with asyncio.timeout(self._timeout_s):
                return as_parameters(await self._client.get_model_config(model))

    async def close(self) -> None:
        await self._client.close()
