"""What a team writes by hand: the towers behind FastAPI, JSON in and out; uvicorn runs it in two workers."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnxruntime
from fastapi import FastAPI, Request, Response

from serving.optimise.sessions import opened

TYPES = {"history": np.int32, "weights": np.float32, "user": np.float32}
app = FastAPI()
onnxruntime.set_default_logger_severity(3)
session: Any = opened(os.environ["BENCH_MODEL"])  # type: ignore[arg-type]


@app.post("/towers")
async def towers(request: Request) -> Response:
    """The best products for rows of features."""
    import json

    asked = json.loads(await request.body())
    items, scores = session.run(
        ["items", "scores"], {name: np.array(asked[name], kind) for name, kind in TYPES.items()}
    )
    told = json.dumps({"items": items.tolist(), "scores": scores.tolist()})
    return Response(told, media_type="application/json")
