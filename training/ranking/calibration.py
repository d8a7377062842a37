"""From a network's score to a probability: Platt scaling, which keeps the order.

J. Platt, Probabilistic outputs for support vector machines, 1999.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from training.ranking.ranker import Examples, scores_of

SAMPLE_STEP = 5
"""Every fifth example is looked at; two numbers need no more."""
LEAST_SLOPE = 1e-3


def calibrated(model: Any, examples: Examples, negatives: float) -> Any:
    """The network with its score turned into the probability that the product is bought in the label's days.

    Args:
        model: normalised features to a score without bounds.
        examples: those of all windows.
        negatives: the share of the candidates without a label that was sampled.
    """
    import keras
    from sklearn.linear_model import LogisticRegression

    scores = scores_of(model, examples.values[::SAMPLE_STEP])
    # A label below 1 is of a product bought later than the label's days.
    bought = examples.label[::SAMPLE_STEP] >= 1
    slope, offset = 1.0, 0.0
    if bought.any() and not bought.all():
        weight = np.where(examples.label[::SAMPLE_STEP] > 0, 1.0, 1 / negatives)
        regression = LogisticRegression(C=1e6).fit(scores[:, None], bought, sample_weight=weight)
        slope, offset = max(float(regression.coef_[0, 0]), LEAST_SLOPE), float(regression.intercept_[0])
    inputs = keras.Input(model.input_shape[1:], name="features")
    logits = keras.layers.Rescaling(slope, offset)(model(inputs))
    return keras.Model(inputs, keras.layers.Activation("sigmoid")(logits))
