"""Pruning by magnitude: single weights, or whole hidden units.

No kept tool prunes ONNX graphs (those there are want a PyTorch module, or a Keras of before 3), so this is
ours, on NumPy. Nothing is fine-tuned: a release carries no examples to train on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from serving.optimise.errors import NotMade
from serving.optimise.weights import dense, hidden_layers, replace, values


def prune_weights(model: Path, made: Path, share: float) -> None:
    """Set the smallest ``share`` of the weights of each dense layer to 0. The file stays as large."""
    import onnx

    proto = onnx.load(model)
    constants = values(proto.graph)
    for name in dense(proto.graph):
        weights = constants[name].copy()
        weights[np.abs(weights) <= np.quantile(np.abs(weights), share)] = 0
        replace(proto.graph, name, weights)
    onnx.save(proto, made)


def prune_units(model: Path, made: Path, share: float) -> None:
    """Take the weakest ``share`` of the units out of each hidden layer: the norms in and out, multiplied.

    Raises:
        NotMade: where no layer's units are its own.
    """
    import onnx

    proto = onnx.load(model)
    layers = list(hidden_layers(proto.graph))
    if not layers:
        raise NotMade("no hidden layer of the model hands its units to one further layer alone")
    for layer in layers:
        constants = values(proto.graph)
        into, out_of = constants[layer.into], constants[layer.out_of]
        strength = np.linalg.norm(into, axis=0) * np.linalg.norm(out_of, axis=1)
        keep = np.sort(np.argsort(-strength, kind="stable")[: max(1, round(len(strength) * (1 - share)))])
        replace(proto.graph, layer.into, into[:, keep])
        replace(proto.graph, layer.out_of, out_of[keep])
        for name in layer.beside:
            replace(proto.graph, name, constants[name].reshape(-1)[keep])
    del proto.graph.value_info[:]
    onnx.checker.check_model(proto)
    onnx.save(proto, made)
