"""The section ``training`` of a stack file, as far as it says what a training run does.

The estate embeds these models and adds what only a cluster has (``infra.settings.training``); its jobs get
the section as JSON, and ``isthmus train`` reads it from a file. Defaults here are those of a laptop.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from isthmus.settings.annotations import Unit, clash
from isthmus.settings.errors import Problem
from isthmus.settings.quantities import Day, Name, Port, Share
from isthmus.settings.section import Section
from isthmus.settings.validation import validate_json
from training.tables.kind import MEMORY_MIB, Kind

SECTION = "training"
Ratio = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Workers = Annotated[int, Unit("workers"), Field(ge=1, le=64)]
Epochs = Annotated[int, Field(ge=1, le=1000)]
LearningRate = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
SlowEpochs = Annotated[int, Unit("epochs"), Field(ge=0, le=1000)]


class Window(Section):
    """Days of orders to learn from, both included."""

    first_day: Day | None = None
    """First day; absent: from the oldest order."""
    last_day: Day | None = None
    """Last day; absent: to the newest order."""

    def holds(self, day: date) -> bool:
        """Whether a day is in the window."""
        return (self.first_day is None or self.first_day <= day) and (
            self.last_day is None or day <= self.last_day
        )


class Gates(Section):
    """What a release must reach on held-back orders before it is signed."""

    min_recall_ratio_to_popularity: Ratio = 1.0
    """Least recall@20 divided by that of the popular list."""
    min_recall_ratio_to_best_baseline: Ratio = 0.0
    """Least recall@20 divided by that of the best baseline, over all products and over new ones."""
    max_recall_loss_to_service: Share = 0.1
    """Share of the recall@20 of the release in service that may be lost; refused when the whole 95 % interval
    of the difference, customer by customer, is below it."""
    min_coverage: Share = 0.01
    """Least share of the products that is recommended to anyone."""
    min_segment_recall_ratio: Share = 0.0
    """Least recall@20 of any segment of customers divided by that of the best segment."""
    min_segment_recall_ratio_to_best_baseline: Ratio = 0.0
    """Least recall@20 of each segment divided by that of the baseline that serves this segment best."""
    max_segment_loss_to_service: Share = 1.0
    """The same as max_recall_loss_to_service, for each segment."""
    min_segment_customers: Annotated[int, Unit("customers"), Field(ge=1, le=1000000)] = 20
    """Segments of fewer held-back customers are not judged, and stay in the private site."""
    min_customers: Annotated[int, Unit("customers"), Field(ge=1, le=1000000)] = 20
    """Fewer held-back customers than this say nothing."""


class Transfer(Section):
    """How the transfer uses the line to the arrivals bucket."""

    bytes_per_second: Annotated[int, Unit("bytes a second"), Field(ge=1024)] | None = None
    """Most that the transfer may send; absent: all that the line gives."""
    part_bytes: Annotated[int, Unit("bytes"), Field(ge=65_536, le=5 * 2**30)] = 8 * 2**20
    """Batches above this size go in parts of it, and are resumed part by part."""
    at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """Batches, or parts of a large one, on their way at once."""
    withhold_texts: bool = False
    """Whether products whose text names a customer or an invoice go without it; else nothing is sent."""


class ModelSettings(Section):
    """What the two towers are made of, and what they learn by (docs/model.md)."""

    history: Literal["bag", "transformer"] = "bag"
    """How a history becomes a vector: a weighted sum, or blocks of self-attention before it."""
    blocks: Annotated[int, Field(ge=1, le=48)] = 2
    """Blocks of the transformer."""
    heads: Annotated[int, Field(ge=1, le=64)] = 4
    """Heads of its attention; they divide training.embedding_dim."""
    loss: Literal["softmax", "sampled_softmax", "rating"] = "softmax"
    """Over all products, over a sample of them with its popularity corrected, or squares of a rating."""
    sampled_products: Annotated[int, Unit("products"), Field(ge=1, le=1048576)] = 1024
    """Products drawn for a step, for the two losses that do not score all of them."""
    unbought_weight: Annotated[float, Field(ge=0, le=10000, allow_inf_nan=False)] = 30.0
    """What the mean square over all products weighs beside that over the basket, for the loss rating."""
    time_features: bool = False
    """Whether the user tower knows the day of the week and of the year."""
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    """Of the computation; weights, and what is served, stay float32."""
    xla: bool = False
    """Whether loss and gradients are compiled by XLA."""
    accumulate: Annotated[int, Unit("pieces"), Field(ge=1, le=1024)] = 1
    """Pieces that a worker's share of a step is cut into, for less memory; their gradients are added up."""
    embedding_shards: Annotated[int, Unit("parts"), Field(ge=1, le=64)] = 1
    """Parts that the products' table is kept in, over the GPUs of a machine in turn."""
    pretrain_epochs: Annotated[int, Unit("epochs"), Field(ge=0, le=1000)] = 0
    """Passes in which the transformer learns to fill in products that are masked, before anything else."""
    masked_share: Annotated[float, Field(ge=0.01, le=0.9, allow_inf_nan=False)] = 0.2
    """Share of a history that is masked."""
    adapter_rank: Annotated[int, Field(ge=0, le=1024)] = 0
    """Width of adapters that learn while transformer and products' vectors stay as they are; 0 is none."""


class TrainingSection(Section):
    """What a person may set of a training run."""

    enabled: bool = False
    """Whether the estate trains."""
    workers: Workers = 1
    """Workers of one training; each takes one node of the pool."""
    pool: Name | None = None
    """GPU pool of site aws to train on; absent: the CPUs of the system nodes."""
    orders_url: str | None = None
    """Folder of the raw orders in the private object store."""
    window: Window = Window()
    """Days of orders to learn from."""
    hold_back_days: Annotated[int, Unit("days"), Field(ge=0, le=90)] = 4
    """Last days of the window that stay in the private site, to validate on."""
    epochs: Epochs = 4
    """Passes over the orders."""
    embedding_dim: Annotated[int, Field(ge=4, le=1024)] = 64
    """Length of the customer and product vectors."""
    batch_size: Annotated[int, Unit("order lines"), Field(ge=1, le=1048576)] = 4096
    """Examples in one step, over all workers; orders are never cut by it."""
    learning_rate: LearningRate = 0.002
    """Step size of Adam."""
    half_life_days: Annotated[float, Unit("days"), Field(gt=0, le=3650, allow_inf_nan=False)] = 180.0
    """Days after which a purchase counts half."""
    history_length: Annotated[int, Unit("products"), Field(ge=1, le=4096)] = 128
    """Products of a customer's history that the model sees, those with most weight first."""
    exact_products: Annotated[int, Unit("products"), Field(ge=10_000, le=100_000_000)] = 200_000
    """Products up to which the towers score every one for an answer; above, an index says which."""
    index_recall: Annotated[float, Field(ge=0.5, le=0.9999, allow_inf_nan=False)] = 0.97
    """Share of the best products that this index must find, on customers of the run."""
    shards: Annotated[int, Unit("shards"), Field(ge=64, le=4096)] = 64
    """Shards that the orders are cut into by customer; each worker reads its own."""
    model: ModelSettings = ModelSettings()
    """What the model is made of, and what it learns by."""
    seed: Annotated[int, Field(ge=0, le=2147483647)] = 20
    """Seed of everything random."""
    base_port: Port = 2222
    """Port of worker 0; worker i listens on the base port plus i."""
    checkpoint_steps: Annotated[int, Unit("steps"), Field(ge=0, le=1000000)] = 0
    """Steps after which a checkpoint is saved, besides that of each epoch; 0 never."""
    checkpoint_seconds: Annotated[float, Unit("seconds"), Field(ge=0, le=86400, allow_inf_nan=False)] = 60.0
    """Seconds after which a checkpoint is saved, besides that of each epoch; 0 never."""
    elastic_min_workers: Annotated[int, Unit("workers"), Field(ge=0, le=64)] = 0
    """Fewest workers that go on when others do not come back; 0 is all of them."""
    elastic_wait_seconds: Annotated[float, Unit("seconds"), Field(ge=0, le=86400, allow_inf_nan=False)] = (
        120.0
    )
    """How long the workers wait for those that are missing before they go on without them."""
    straggler_ratio: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 3.0
    """A worker whose own seconds of a step are so many times the median of the others is named; 0 never."""
    straggler_epochs: SlowEpochs = 0
    """Slow epochs in a row after which the slow worker leaves, once, to be started elsewhere; 0 never."""
    engine: Kind = "embedded"
    """What computes the tables of the orders: DuckDB in each process, or Spark (docs/training.md)."""
    engine_memory: Annotated[int, Unit("MiB"), Field(ge=256, le=1048576)] = MEMORY_MIB
    """What an embedded engine holds before it spills to disk; with Spark, the memory of its driver."""
    transfer: Transfer = Transfer()
    """How the transfer uses the line."""
    warm_start: bool = False
    """Begin with the weights of the release in service, where there is one."""
    warm_start_epochs: Epochs = 2
    """Passes over the orders of a run that begins so."""
    gates: Gates = Gates()
    """What a release must reach before it is signed."""

    def clashes(self, begun: bool = False) -> Iterator[Problem]:
        """What of the model does not go together; ``begun``: the run begins with the weights of a release."""
        model, transformer = self.model, self.model.history == "transformer"
        if transformer and self.embedding_dim % model.heads:
            yield Problem(
                "training.model.heads",
                f"is {model.heads}, which does not divide training.embedding_dim {self.embedding_dim}; "
                "allowed is a divisor of it",
            )
        for name, value in (("pretrain_epochs", model.pretrain_epochs), ("adapter_rank", model.adapter_rank)):
            if value and not transformer:
                yield Problem(
                    f"training.model.{name}",
                    f"is {value}, but a bag has nothing for it; set training.model.history to transformer",
                )
        learned = model.pretrain_epochs or self.warm_start or begun
        if transformer and model.adapter_rank and not learned:
            yield Problem(
                "training.model.adapter_rank",
                f"is {model.adapter_rank}, but the transformer that it leaves as it is has learned nothing; "
                "set training.model.pretrain_epochs or training.warm_start",
            )


CHANGE_NOTHING = {
    "enabled",
    "pool",
    "orders_url",
    "base_port",
    "engine",
    "engine_memory",
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


class TrainingSettings(TrainingSection):
    """One training run: the section, and what the program itself says of a run."""

    top_k: Annotated[int, Field(ge=1, le=1000)] = 100
    """Products that the served model returns."""
    warm_start_from: str | None = None
    """Digest of the release whose weights the run begins with; the training job says it."""
    orders_format: dict[str, Any] | None = None
    """What of the section ``orders`` decided the rows and is not as by default; the transfer says it."""

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        for problem in self.clashes(begun=self.warm_start_from is not None):
            raise clash(problem.text, problem.path.removeprefix(f"{SECTION}."))
        return self

    def recorded(self) -> dict[str, object]:
        """What is written into a manifest: all that can change the result, nothing that cannot."""
        values = self.model_dump(mode="json", exclude=CHANGE_NOTHING)
        for name in ("warm_start_from", "orders_format"):
            if values[name] is None:
                del values[name]
        return values


def parse(text: str) -> TrainingSettings:
    """Read TRAINING_SETTINGS.

    Raises:
        SettingsError: naming each key, its value and what is allowed.
    """
    return validate_json(TrainingSettings, text, "TRAINING_SETTINGS", SECTION)
