"""float16, and the graph rewritten: by ONNX Runtime's own tools, without a look at requests."""

from __future__ import annotations

import warnings
from pathlib import Path


def halve(model: Path, made: Path) -> None:
    """Weights and arithmetic float16, inputs and outputs as they were."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values cut to float16's range: -1e9, which never wins either way
        onnx.save(convert_float_to_float16(onnx.load(model), keep_io_types=True), made)


def fuse(model: Path, made: Path) -> None:
    """Constants folded and operators fused once, here, and not at every load.

    Up to the level that names no processor: what is made on one machine loads on another.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(made)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
