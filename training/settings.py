"""What a training run is told: the section ``training`` of a stack file, or the options of ``isthmus train``.

The same JSON that the estate's settings hold; keys that only matter to the estate (``pool``, ``enabled``) are
accepted and left alone. Defaults here are those of a laptop.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.errors import TrainingError


class Part(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(Part):
    """Days of orders to learn from, both included; None is open."""

    first_day: date | None = None
    last_day: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day is in the window."""
        return (self.first_day is None or self.first_day <= day) and (
            self.last_day is None or day <= self.last_day
        )


class Gates(Part):
    """What a release must reach on held-back orders before it is signed."""

    min_recall_ratio_to_popularity: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Least recall@20 of the release divided by that of the popular list."""
    min_recall_ratio_to_best_baseline: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Least recall@20 divided by that of the best baseline, over all products and over new ones."""
    max_recall_loss_to_service: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of the recall@20 of the release in service that may be lost; refused when the whole 95 % interval
    of the difference, customer by customer, is below it."""
    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Least share of the products that is recommended to anyone."""
    min_segment_recall_ratio: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Least recall@20 of any segment of customers divided by that of the best segment."""
    min_segment_recall_ratio_to_best_baseline: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Least recall@20 of each segment divided by that of the baseline that serves this segment best."""
    max_segment_loss_to_service: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The same as max_recall_loss_to_service, for each segment."""
    min_segment_customers: Annotated[int, Field(ge=1)] = 20
    """Segments of fewer held-back customers are not judged, and stay in the private site."""
    min_customers: Annotated[int, Field(ge=1)] = 20
    """Fewer held-back customers than this say nothing."""


CHANGE_NOTHING = {
    "enabled",
    "pool",
    "orders_url",
    "base_port",
    "gates",
    "transfer",
    "checkpoint_steps",
    "checkpoint_seconds",
    "elastic_min_workers",
    "elastic_wait_seconds",
    "straggler_ratio",
    "straggler_epochs",
    "warm_start",
    "warm_start_epochs",
}
"""Settings that cannot change the result, beyond the rounding of sums over another number of workers; a warm
start is told by ``warm_start_from`` and ``epochs``."""


class Transfer(Part):
    """How the line to the arrivals bucket is used."""

    bytes_per_second: Annotated[int, Field(ge=1024)] | None = None
    """Most that the transfer may send; None is all that the line gives."""
    part_bytes: Annotated[int, Field(ge=65_536, le=5 * 2**30)] = 8 * 2**20
    """Batches above this size go in parts of it, and are resumed part by part; S3 takes 5 MiB and more."""
    at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """Batches, or parts of a large one, on their way at once."""
    withhold_texts: bool = False
    """Whether products whose text names a customer or an invoice go without it; else nothing is sent."""


class ModelSettings(Part):
    """What the two towers are made of, and what they learn by (docs/model.md)."""

    history: Literal["bag", "transformer"] = "bag"
    """How a history becomes a vector: a weighted sum, or blocks of self-attention before it."""
    blocks: Annotated[int, Field(ge=1, le=48)] = 2
    """Blocks of the transformer."""
    heads: Annotated[int, Field(ge=1, le=64)] = 4
    """Heads of its attention; they divide the vectors' length."""
    loss: Literal["softmax", "sampled_softmax", "rating"] = "softmax"
    """Over all products, over a sample of them with its popularity corrected, or squares of a rating."""
    sampled_products: Annotated[int, Field(ge=1, le=1_048_576)] = 1024
    """Products drawn for a step, for the two losses that do not score all of them."""
    unbought_weight: Annotated[float, Field(ge=0, le=10_000)] = 30.0
    """What the mean square over all products weighs beside that over the basket, for ``rating``."""
    time_features: bool = False
    """Whether the user tower knows the day of the week and of the year."""
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    """Of the computation; weights, and what is served, stay float32."""
    xla: bool = False
    """Whether loss and gradients are compiled by XLA."""
    accumulate: Annotated[int, Field(ge=1, le=1024)] = 1
    """Pieces that a worker's share of a step is cut into; their gradients are added up."""
    embedding_shards: Annotated[int, Field(ge=1, le=64)] = 1
    """Parts that the products' table is kept in, over the GPUs of a machine in turn."""
    pretrain_epochs: Annotated[int, Field(ge=0, le=1000)] = 0
    """Passes in which the transformer learns to fill in products that are masked, before anything else."""
    masked_share: Annotated[float, Field(ge=0.01, le=0.9)] = 0.2
    """Share of a history that is masked."""
    adapter_rank: Annotated[int, Field(ge=0, le=1024)] = 0
    """Width of adapters that learn while transformer and products' vectors stay as they are; 0 is none."""


class TrainingSettings(Part):
    """One training run."""

    enabled: bool = True
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    pool: str | None = None
    orders_url: str | None = None
    window: Window = Window()
    hold_back_days: Annotated[int, Field(ge=0, le=90)] = 4
    """Calendar days at the end of the window that are never uploaded and never learned from."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 4
    embedding_dim: Annotated[int, Field(ge=4, le=1024)] = 64
    batch_size: Annotated[int, Field(ge=1, le=1_048_576)] = 4096
    """Order lines to predict in one step, over all workers; orders are never cut by it."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.002
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 20
    base_port: Annotated[int, Field(ge=1, le=65535)] = 2222
    history_length: Annotated[int, Field(ge=1, le=4096)] = 128
    """Products of a customer's history that the model sees, those with most weight first."""
    half_life_days: Annotated[float, Field(gt=0)] = 180.0
    """Days after which a purchase counts half."""
    model: ModelSettings = ModelSettings()
    top_k: Annotated[int, Field(ge=1, le=1000)] = 100
    """Products that the served model returns."""
    checkpoint_steps: Annotated[int, Field(ge=0)] = 0
    """Steps after which a checkpoint is saved, besides that of each epoch; 0 never."""
    checkpoint_seconds: Annotated[float, Field(ge=0)] = 60.0
    """Seconds after which a checkpoint is saved, besides that of each epoch; 0 never."""
    elastic_min_workers: Annotated[int, Field(ge=0, le=64)] = 0
    """Fewest workers that go on when others do not come back; 0 is all of them."""
    elastic_wait_seconds: Annotated[float, Field(ge=0)] = 120.0
    """How long the workers wait for those that are missing before they go on without them."""
    straggler_ratio: Annotated[float, Field(ge=0)] = 3.0
    """A worker whose own seconds of a step are so many times the median of the others is named; 0 never."""
    straggler_epochs: Annotated[int, Field(ge=0)] = 0
    """Slow epochs in a row after which the slow worker leaves, once, to be started elsewhere; 0 never."""
    warm_start: bool = False
    """Begin with the weights of the release in service, where there is one."""
    warm_start_epochs: Annotated[int, Field(ge=1, le=1000)] = 2
    """Passes over the orders of a run that begins so."""
    warm_start_from: str | None = None
    """Digest of the release whose weights the run begins with; the training job says it."""
    orders_format: dict[str, Any] | None = None
    """What of the section ``orders`` decided the rows and is not as by default; the transfer says it."""
    gates: Gates = Gates()
    transfer: Transfer = Transfer()

    @model_validator(mode="after")
    def _model_fits(self) -> Self:
        if sentence := refused(self.model, self.embedding_dim, self.warm_start or bool(self.warm_start_from)):
            raise ValueError(sentence)
        return self

    def recorded(self) -> dict[str, object]:
        """What is written into a manifest: all that can change the result, nothing that cannot."""
        told = self.model_dump(mode="json", exclude=CHANGE_NOTHING)
        for name in ("warm_start_from", "orders_format"):
            if told[name] is None:
                del told[name]
        return told


def refused(model: ModelSettings, embedding_dim: int, warm_start: bool) -> str | None:
    """Why some settings of the model do not go together; None where they do."""
    transformer = model.history == "transformer"
    if transformer and embedding_dim % model.heads:
        return (
            f"model.heads is {model.heads}, which does not divide embedding_dim {embedding_dim}; "
            "allowed is a divisor of it"
        )
    for name, value in (("pretrain_epochs", model.pretrain_epochs), ("adapter_rank", model.adapter_rank)):
        if value and not transformer:
            return f"model.{name} is {value}, but a bag has nothing for it; set model.history to transformer"
    if model.adapter_rank and not (model.pretrain_epochs or warm_start):
        return (
            f"model.adapter_rank is {model.adapter_rank}, but the transformer that it leaves as it is has "
            "learned nothing; set model.pretrain_epochs or warm_start"
        )
    return None


def parse(text: str) -> TrainingSettings:
    """Read TRAINING_SETTINGS.

    Raises:
        TrainingError: naming the key, the value and what is allowed.
    """
    try:
        return TrainingSettings.model_validate_json(text)
    except ValidationError as error:
        then = "; mend the section training of the stack file"
        raise TrainingError(f"TRAINING_SETTINGS: {refusal(error, then)}") from None


def refusal(error: ValidationError, then: str = "") -> str:
    """The first thing that settings are refused for; ``then`` follows where it does not say what to do."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return f"training.{first['msg'].removeprefix('Value error, ')}"
    key = ".".join(str(part) for part in first["loc"]) or "the JSON"
    return f"training.{key} is {first['input']!r}: {first['msg']}{then}"
