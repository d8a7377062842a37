"""The network as ONNX, and the proof that it says what Keras says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.ranking.history_snapshot import Floats
from training.release.export.onnx_file import TOLERANCE, to_onnx


def save_onnx(model: Any, path: Path, trial: Floats) -> float:
    """Write input ``features`` [customers, candidates, features], output ``scores`` [customers, candidates].

    Args:
        model: features [rows, features] to scores [rows, 1].
        path: the file to write.
        trial: rows x features to compare on.

    Returns:
        The largest difference from the Keras model on ``trial``.

    Raises:
        TrainingError: when it is above TOLERANCE.
    """
    import onnx
    import onnxruntime
    import tensorflow as tf

    specs = [tf.TensorSpec((None, None, trial.shape[1]), tf.float32, name="features")]

    def serve(features: Any) -> Any:
        rows = tf.reshape(features, (-1, trial.shape[1]))
        return {"scores": tf.reshape(model(rows, training=False), tf.shape(features)[:2])}

    proto = to_onnx(serve, specs)
    onnx.checker.check_model(proto)
    content = proto.SerializeToString(deterministic=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    onnx_scores = session.run(["scores"], {"features": trial[None]})[0]
    difference = float(np.abs(onnx_scores[0] - np.asarray(model(trial, training=False))[:, 0]).max())
    if not difference <= TOLERANCE:
        raise TrainingError(
            f"the ranker's ONNX file differs from Keras by {difference:.2e}; allowed is {TOLERANCE:.0e}"
        )
    path.write_bytes(content)
    return difference
