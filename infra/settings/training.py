"""Training: which orders, which model, on what."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from infra.settings.quantities import Allowed, Name, Port, Unit, refuse
from infra.settings.schedule import read_schedule
from infra.settings.section import Section
from infra.settings.urls import orders_url, storage_url


def _day(value: object) -> object:
    # The engine reads an unquoted 2011-09-01 as a moment, and hands it on as Go prints one.
    if isinstance(value, str):
        text = value.removesuffix(" 00:00:00 +0000 UTC")
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    if isinstance(value, date):
        return value
    raise refuse("allowed is a day such as 2011-09-01")


Day = Annotated[
    date,
    PlainValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
    Allowed("a day such as 2011-09-01"),
]
OrdersUrl = Annotated[
    str,
    BeforeValidator(orders_url),
    Allowed(
        "s3://BUCKET/PREFIX/ in the private object store, postgresql+psycopg://HOST/DATABASE?table=NAME "
        "(in stack local also file:///FOLDER/)"
    ),
]


StorageUrl = Annotated[
    str, BeforeValidator(storage_url), Allowed("a database URL such as postgresql+psycopg://HOST/NAME")
]


class Window(Section):
    """Days of orders to learn from, both included."""

    first_day: Day | None = None
    """First day; absent: from the oldest order."""
    last_day: Day | None = None
    """Last day; absent: to the newest order."""


Ratio = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Gates(Section):
    """What a release must reach on held-back orders before it is signed."""

    min_recall_ratio_to_popularity: Ratio = 1.0
    """Least recall@20 divided by that of the popular list."""
    min_recall_ratio_to_best_baseline: Ratio = 0.0
    """Least recall@20 divided by that of the best baseline, over all products and over new ones."""
    max_recall_loss_to_service: Share = 0.1
    """Share of the recall@20 of the release in service that may be lost, beyond the 95 % interval."""
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
    part_bytes: Annotated[int, Unit("bytes"), Field(ge=5242880, le=5368709120)] = 8388608
    """Batches above this size go in parts of it, and are resumed part by part."""
    at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """Batches, or parts of a large one, on their way at once."""
    withhold_texts: bool = False
    """Whether products whose text names a customer or an invoice go without it; else nothing is sent."""


class Model(Section):
    """What the two towers are made of, and what they learn by."""

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


class Tuning(Section):
    """The search for better settings, as trials beside each other on the training's pool."""

    enabled: bool = False
    """Whether the estate tunes; what it finds goes into service by a pull request only."""
    trials: Annotated[int, Field(ge=1, le=10000)] = 20
    """Trials in all."""
    parallel: Annotated[int, Unit("pods"), Field(ge=1, le=64)] = 2
    """Trials at a time, each on a node of the pool."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    """Most passes over the orders in a trial."""
    held_back_days: Annotated[int, Unit("days"), Field(ge=1, le=90)] | None = None
    """Last days of what was transferred, to tune on; absent: a quarter of it, 31 at most."""
    storage_url: StorageUrl | None = None
    """Database of the trials, without a password in it; absent: the releases bucket."""


Cron = Annotated[
    str,
    BeforeValidator(read_schedule),
    Field(json_schema_extra={"pattern": "^[0-9*/,-]+( [0-9*/,-]+){4}$"}),
    Allowed("minute, hour, day of the month, month and day of the week in UTC, such as 0 3 * * 0"),
]
Drift = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class Retrain(Section):
    """Training again by itself, for the age of the release or for drift of the orders."""

    enabled: bool = False
    """Whether the estate trains again by itself."""
    schedule: Cron = "0 3 * * 0"
    """When the newest orders are looked at, and transferred where there is reason to train."""
    train_schedule: Cron = "0 4 * * 0"
    """When the training looks for transferred orders; each turn takes a node of the pool."""
    follow_schedule: Cron = "*/30 * * * *"
    """When ranking and validation look for a candidate."""
    max_age_days: Annotated[int, Unit("days"), Field(ge=1, le=3650)] = 30
    """Days of orders that a release has never seen, after which a new one is trained without drift too."""
    newest_days: Annotated[int, Unit("days"), Field(ge=1, le=366)] = 14
    """Newest days, which are held against the window of the release."""
    least_orders: Annotated[int, Unit("orders"), Field(ge=1)] = 50
    """Fewer orders than this on those days say nothing."""
    max_product_drift: Share = 0.2
    """Jensen-Shannon distance of the products' shares that may be, beyond chance."""
    max_basket_drift: Drift = 0.1
    """Population stability index of the baskets' sizes that may be, beyond chance."""
    max_price_drift: Drift = 0.1
    """The same of the prices."""
    max_new_customer_change: Share = 0.15
    """Change of the share of new customers that may be."""
    max_recall_loss: Share = 0.2
    """Share of the validated recall@20 that may be lost on the newest days."""


class TrainingSettings(Section):
    """The training job."""

    enabled: bool = False
    """Whether the estate trains."""
    workers: Annotated[int, Unit("workers"), Field(ge=1, le=64)] = 2
    """Workers of one training; each takes one node of the pool."""
    pool: Name | None = None
    """GPU pool of site aws to train on; absent: the CPUs of the system nodes."""
    orders_url: OrdersUrl = "s3://shop-orders/online-retail/"
    """Folder of the raw orders in the private object store."""
    orders_version: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9._:-]{0,64}$"),
        Allowed("up to 64 of letters, digits and .:_-"),
    ] = ""
    """Changes when the orders do, such as a date; another one runs all jobs again."""
    window: Window = Window()
    """Days of orders to learn from."""
    hold_back_days: Annotated[int, Unit("days"), Field(ge=1, le=90)] = 7
    """Last days of the window that stay in the private site, to validate on."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 10
    """Passes over the orders."""
    embedding_dim: Annotated[int, Field(ge=4, le=1024)] = 64
    """Length of the customer and product vectors."""
    batch_size: Annotated[int, Unit("order lines"), Field(ge=1, le=1048576)] = 4096
    """Examples in one step, over all workers."""
    learning_rate: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.001
    """Step size of Adam."""
    half_life_days: Annotated[float, Unit("days"), Field(gt=0, le=3650, allow_inf_nan=False)] = 180.0
    """Days after which a purchase counts half."""
    history_length: Annotated[int, Unit("products"), Field(ge=1, le=4096)] = 128
    """Products of a customer's history that the model sees, those with most weight first."""
    model: Model = Model()
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
    straggler_epochs: Annotated[int, Unit("epochs"), Field(ge=0, le=1000)] = 3
    """Slow epochs in a row after which the slow worker leaves, once, to be started elsewhere; 0 never."""
    transfer: Transfer = Transfer()
    """How the transfer uses the line."""
    warm_start: bool = False
    """Begin with the weights of the release in service, where there is one."""
    warm_start_epochs: Annotated[int, Field(ge=1, le=1000)] = 2
    """Passes over the orders of a run that begins so."""
    gates: Gates = Gates()
    """What a release must reach before it is signed."""
    tuning: Tuning = Tuning()
    """The search for better settings."""
    retrain: Retrain = Retrain()
    """Training again by itself."""
