"""A bundle of a release that learned from real orders answers its customers as Keras does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving.edge.pack import pack
from serving.edge.product_slice import ProductSlice
from serving.edge.runtime.manifest import MODELS
from tests.training.shops import SAMPLE
from training.fit.checkpoint import FolderObjects
from training.fit.cluster import ALONE, prepare
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import Customers, new_key, public_key, read, sign, write_signature
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

pytestmark = pytest.mark.long

SETTINGS = TrainingSettings(hold_back_days=0, epochs=1, embedding_dim=32, history_length=32)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Of the real orders of the sample, learned from in one epoch; with its key."""
    folder, key = tmp_path_factory.mktemp("sample"), new_key()
    prepare(os.environ, ALONE)
    from training.fit.run import fit
    from training.release.build_release import build_release

    work = Workspace(folder / "work")
    transfer(Folder(SAMPLE), Pseudonyms("a key of the private site"), SETTINGS, work.arrivals, work.private)
    data = work.training_data(SETTINGS)
    model, losses = fit(data, ALONE, FolderObjects(folder / "checkpoints"))
    digest = build_release(model, data, losses, folder / "release")
    write_signature(folder / "release", sign(digest, key))
    return folder / "release", key


@pytest.mark.parametrize("most_bought", [None, 300])
def test_real_customers_get_what_keras_recommends(
    release: tuple[Path, str], tmp_path: Path, most_bought: int | None
) -> None:
    folder, key = release
    trusted = [public_key(key)]
    packed = pack(folder, tmp_path / "b.edge", key, trusted, ProductSlice(most_bought)).manifest
    assert packed.customers_measured == min(1000, len(Customers.read(folder))) > 500
    assert packed.measured["float"].overlap_at_20 >= 0.98
    assert packed.measured["float"].largest_difference <= 0.05
    assert packed.measured["int8"].overlap_at_20 >= 0.97
    assert packed.measured["int8"].largest_difference <= 0.08
    assert packed.measured["int8"].bytes < 0.7 * packed.measured["float"].bytes
    assert packed.release == read(folder).digest()
    assert set(packed.measured) == set(MODELS)
    assert packed.runs == "int8"
