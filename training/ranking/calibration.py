"""From a network's score to a probability: Platt scaling, which keeps the order.

J. Platt, Probabilistic outputs for support vector machines, 1999.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from training.ranking.ranker import Examples, scores_of

EVERY = 5
"""Every how many-th example is looked at; two numbers need no more."""
LEAST_SLOPE = 1e-3


def calibrated(model: Any, examples: Examples, negatives: float) -> Any:
    """The network with its score turned into the probability that the product is bought in the label's days.

    Args:
        model: normalised features to a score without bounds.
        examples: of all windows.
        negatives: share of the candidates without a label that is among them.
    """
    import keras
    from sklearn.linear_model import LogisticRegression

    scores = scores_of(model, examples.values[::EVERY])
    # A label below 1 is of a product bought later than the label's days.
    bought = examples.label[::EVERY] >= 1
    slope, offset = 1.0, 0.0
    if bought.any() and not bought.all():
        weight = np.where(examples.label[::EVERY] > 0, 1.0, 1 / negatives)
        fitted = LogisticRegression(C=1e6).fit(scores[:, None], bought, sample_weight=weight)
        slope, offset = max(float(fitted.coef_[0, 0]), LEAST_SLOPE), float(fitted.intercept_[0])
    told = keras.Input(model.input_shape[1:], name="features")
    scaled = keras.layers.Rescaling(slope, offset)(model(told))
    return keras.Model(told, keras.layers.Activation("sigmoid")(scaled))
