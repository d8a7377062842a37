"""What the towers refuse, and JSON that cannot be read: found by ``make fuzz``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from serving.local.server import LocalServer
from tests.serving.small_release import ITEMS, SmallRelease


def test_what_the_towers_cannot_take_is_said_and_spoils_nobody_else(
    server: LocalServer, release: SmallRelease
) -> None:
    """ONNX counts a negative number from the end, and answers NaN with NaN."""
    wrong = {
        "history holds -1; allowed are": ("history", -1),
        f"history holds {ITEMS + 1}; allowed are": ("history", ITEMS + 1),
        "weights holds what is no number": ("weights", np.nan),
        "user holds what is no number": ("user", np.inf),
    }
    customers = release.customers
    right = {name: getattr(customers, name)[:1] for name in ("history", "weights", "user")}

    def ask(_: int, spoiled: tuple[str, Any] | None = None) -> list[int]:
        feeds = {name: array.copy() for name, array in right.items()}
        if spoiled:
            feeds[spoiled[0]][0, 0] = spoiled[1]
        inputs = []
        for name, array in feeds.items():
            one = triton.InferInput(name, [*array.shape], np_to_triton_dtype(array.dtype))
            one.set_data_from_numpy(array)
            inputs.append(one)
        items: list[int] = client.infer("two_tower", inputs).as_numpy("items")[0].tolist()
        return items

    with (
        triton.InferenceServerClient(server.url("grpc").removeprefix("grpc://")) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        expected = ask(0)
        asked = [
            (words, spoiled, pool.submit(ask, 0, spoiled))
            for _ in range(10)
            for words, spoiled in wrong.items()
        ]
        good = [pool.submit(ask, number) for number in range(40)]
        assert all(one.result() == expected for one in good)
        for words, _, one in asked:
            with pytest.raises(InferenceServerException, match=words) as raised:
                one.result()
            assert raised.value.status() == "StatusCode.INVALID_ARGUMENT"


def test_json_that_cannot_be_read_is_the_callers_mistake(server: LocalServer) -> None:
    """500 is counted as a failure of the server."""
    url = f"{server.url('http')}/v2/models/recommend/infer"
    for body in (b"{", b"", b'{"inputs": 5}', b'{"inputs": [{"name": 5}]}'):
        answer = httpx.post(url, content=body, trust_env=False)
        assert answer.status_code == 400, (body, answer.text)
        assert len(answer.json()["error"]) > 10
