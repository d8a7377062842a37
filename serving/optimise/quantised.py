"""int8 by ONNX Runtime: dynamic, and static with ranges seen on real requests."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.optimise.sessions import AT_ONCE
from serving.optimise.stages import Stage
from serving.optimise.weights import values

OPERATORS = ["MatMul", "Gather"]
"""What holds nearly all of the weights. Sums stay float32: -1e9 is among their terms, the score of what must
never win, and a range that reaches so far leaves nothing of the other scores."""


def quantise_dynamic(model: Path, made: Path) -> None:
    """Weights int8 per channel; the ranges of the activations are found on each question."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _prepared(model) as prepared:
        quantize_dynamic(
            prepared,
            made,
            op_types_to_quantize=OPERATORS,
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_heads(prepared),
        )


def quantise_static(model: Path, made: Path, stage: Stage, calibration: Sequence[int]) -> None:
    """Weights int8 per channel, activations in the ranges that some customers' questions have."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Questions(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            starts = range(0, len(calibration), AT_ONCE)
            self._left = iter([stage.feeds(calibration[start : start + AT_ONCE]) for start in starts])

        def get_next(self) -> Any:
            return next(self._left, None)

    with _prepared(model) as prepared:
        quantize_static(
            prepared,
            made,
            Questions(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=OPERATORS,
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_heads(prepared),
        )


def _heads(model: Path) -> list[str]:
    """Layers of one unit, which say the score: they hold next to no weights, and int8 has 256 scores."""
    import onnx

    graph = onnx.load(model).graph
    single = {name for name, value in values(graph).items() if value.ndim == 2 and value.shape[1] == 1}
    return [node.name for node in graph.node if node.op_type == "MatMul" and node.input[1] in single]


@contextmanager
def _prepared(model: Path) -> Iterator[Path]:
    """With the shapes that the quantiser reads; its advice is not logged meanwhile."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    root = logging.getLogger()
    before, quiet = root.level, logging.NullHandler()
    root.setLevel(logging.ERROR)
    # Where nobody listens, the quantiser's first line would open a listener on stderr for everything.
    root.addHandler(quiet)
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepared = Path(folder) / "prepared.onnx"
            quant_pre_process(str(model), str(prepared), skip_optimization=True, skip_symbolic_shape=True)
            yield prepared
    finally:
        root.removeHandler(quiet)
        root.setLevel(before)
