"""A small shop to learn from, and what is known to be right about it."""

from __future__ import annotations

import os

import pytest

from tests.training.shops import small_shop
from training.features.training_data import TrainingData
from training.fit.cluster import ALONE, prepare, strategy_of
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

SETTINGS = TrainingSettings(
    hold_back_days=0, epochs=2, batch_size=512, embedding_dim=8, history_length=8, learning_rate=0.01
)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    """The orders of the small shop; histories are longer than the model's 8 places."""
    prepare(os.environ, ALONE)
    strategy_of(ALONE, SETTINGS.seed)
    folder = tmp_path_factory.mktemp("shop")
    source = Folder(small_shop(folder / "orders"))
    work = Workspace.of(source.url, folder / "work")
    pseudonyms = Pseudonyms("a key of the private site")
    transfer(source, pseudonyms, SETTINGS, work.arrivals, work.private)
    return work.training_data(SETTINGS)
