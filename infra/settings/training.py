"""Training on a cluster: what a stack adds to the training's own settings, and its own defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from infra.settings.schedule import Cron
from infra.settings.urls import orders_url, storage_url
from isthmus.settings.annotations import Allowed, Unit
from isthmus.settings.quantities import Name
from isthmus.settings.section import Section
from training.operations.drift.settings import DriftSettings
from training.operations.tuning.settings import TuningSettings
from training.settings import Epochs, LearningRate, SlowEpochs, TrainingSection, Transfer, Workers

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


class StackTransfer(Transfer):
    """How the transfer uses the line to the arrivals bucket."""

    part_bytes: Annotated[int, Unit("bytes"), Field(ge=5 * 2**20, le=5 * 2**30)] = 8 * 2**20
    """Batches above this size go in parts of it, and are resumed part by part; S3 takes 5 MiB and more."""


# The second base says what comes first: fields stand in the order of the bases, the last one first.
class _Pods(Section):
    enabled: bool = False
    """Whether the estate tunes; what it finds goes into service by a pull request only."""
    parallel: Annotated[int, Unit("pods"), Field(ge=1, le=64)] = 2
    """Trials at a time, each on a node of the pool."""


class StackTuning(TuningSettings, _Pods):
    """The search for better settings, as trials beside each other on the training's pool."""

    storage_url: StorageUrl | None = None
    """Database of the trials, without a password in it; absent: the releases bucket."""


class _Schedules(Section):
    enabled: bool = False
    """Whether the estate trains again by itself."""
    schedule: Cron = "0 3 * * 0"
    """When the newest orders are looked at, and transferred where there is reason to train."""
    train_schedule: Cron = "0 4 * * 0"
    """When the training looks for transferred orders; each turn takes a node of the pool."""
    follow_schedule: Cron = "*/30 * * * *"
    """When ranking and validation look for a candidate."""


class StackRetraining(DriftSettings, _Schedules):
    """Training again by itself, for the age of the release or for drift of the orders."""


class Executors(Section):
    """The pods that Spark computes in, started by the data stage and ended with it."""

    count: Annotated[int, Unit("pods"), Field(ge=1, le=64)] = 2
    """Executors at a time."""
    cpus: Annotated[int, Field(ge=1, le=64)] = 2
    """CPUs of each, and tasks that it runs at a time."""
    memory: Annotated[int, Unit("MiB"), Field(ge=2048, le=262144)] = 6144
    """Memory of each pod; a quarter, and 1024 MiB at least, is for Python and all that is no heap of Java."""
    scratch_gib: Annotated[int, Unit("GiB"), Field(ge=1, le=16384)] = 20
    """Disk of each pod for shuffled rows, on its node's root disk."""
    pool: Name | None = None
    """Pool of aws.cpu_pools to run on; absent: the system nodes."""


class StackData(Section):
    """The data stage: transferred orders cut into the shards that a training reads."""

    job: bool = False
    """Whether it is a job of its own, before the training and on no GPU; else the first worker does it."""
    schedule: Cron = "30 3 * * 0"
    """When it looks for transferred orders, where training.retrain is enabled: before the training does."""
    executors: Executors = Executors()
    """The pods that Spark computes in, where training.engine is spark."""


class StackTraining(TrainingSection):
    """The training job."""

    started_by: Literal["up", "schedule"] = "up"
    """Who starts the jobs: every ``pulumi up`` that changes what they learn from, which then waits for the
    release; or ``training.retrain``'s schedules alone, and a release goes into service by its digest."""
    workers: Workers = 2
    orders_url: OrdersUrl = "s3://shop-orders/online-retail/"
    orders_version: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9._:-]{0,64}$"),
        Allowed("up to 64 of letters, digits and .:_-"),
    ] = ""
    """Changes when the orders do, such as a date; another one runs all jobs again."""
    hold_back_days: Annotated[int, Unit("days"), Field(ge=1, le=90)] = 7
    epochs: Epochs = 10
    learning_rate: LearningRate = 0.001
    straggler_epochs: SlowEpochs = 3
    transfer: StackTransfer = StackTransfer()
    data: StackData = StackData()
    """The data stage."""
    tuning: StackTuning = StackTuning()
    """The search for better settings."""
    retrain: StackRetraining = StackRetraining()
    """Training again by itself."""
