"""What a ranking is trained with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from training.scorers.limits import MOST_PRODUCTS


class RankingSettings(BaseModel):
    """Settings of a ranking, chosen on August 2011 and the months before it; see ``docs/recommender.md``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_days: int = Field(default=30, ge=1)
    """Days after a window's cut whose purchases are its labels."""
    window_step: int = Field(default=8, ge=1)
    """Days between two windows."""
    warm_up_days: int = Field(default=101, ge=1)
    """Days of orders before the earliest window."""
    later_label: float = Field(default=0.3, ge=0, lt=1)
    """Label of a product bought only in the ``label_days`` after the window's labels."""
    negatives: float = Field(default=0.3, gt=0, le=1)
    """Share of the candidates without a label that is kept; they are weighed by its inverse."""
    customers_per_window: int = Field(default=1500, ge=1)
    """Customers of a window at most, drawn of those who bought in its label days."""
    most_examples: int = Field(default=2_500_000, ge=1)
    """Candidates trained on at most; customers are drawn of all windows where these hold more."""
    most_products: int = Field(default=MOST_PRODUCTS, ge=1)
    """Products of EASE and the other ridge: those that carry most purchases, where the shop has more."""
    hidden: tuple[int, ...] = (192, 64)
    dropout: float = Field(default=0.4, ge=0, lt=1)
    l2: float = Field(default=1e-5, ge=0)
    learning_rate: float = Field(default=2e-3, gt=0)
    epochs: int = Field(default=4, ge=1)
    customers_per_step: int = Field(default=32, ge=1)
    seeds: tuple[int, ...] = (0, 1, 2, 3)
    """One network each; their scores are averaged."""
