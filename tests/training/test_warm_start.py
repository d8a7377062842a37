"""Begun with the weights of an earlier release: further on after one epoch, product by product, and told."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from tests.training.shops import FIRST_DAY, small_shop, write_day
from training.features.training_data import TrainingData
from training.fit.checkpoint import FolderObjects
from training.fit.cluster import ALONE, prepare
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import Manifest, Store, read
from training.release.manifest import Window as LearnedWindow
from training.release.warm_start import Weights, begun_from
from training.settings import TrainingSettings, Window
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer

KEY = Pseudonyms("a key of the private site")
SETTINGS = TrainingSettings(
    hold_back_days=0, epochs=6, batch_size=512, embedding_dim=8, history_length=16, learning_rate=0.01
)


def learned(folder: Path, orders: Path, **settings: Any) -> TrainingData:
    """What a run learns from."""
    work, chosen = Workspace(folder), SETTINGS.model_copy(update=settings)
    transfer(Folder(orders), KEY, chosen, work.arrivals, work.private)
    return work.training_data(chosen)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingData, TrainingData]:
    """A release of nine days, what it learned from, and twelve days with a product that sorts before all."""
    folder = tmp_path_factory.mktemp("warm")
    orders = small_shop(folder / "orders", days=9)
    early = learned(folder / "early", orders)
    prepare(os.environ, ALONE)
    from training.fit.run import fit
    from training.release.build_release import build_release

    model, losses = fit(early, ALONE, FolderObjects(folder / "one"))
    build_release(model, early, losses, folder / "release")
    small_shop(orders, days=12)
    line = f"99,00001,A NEW THING,2,{FIRST_DAY + timedelta(days=12)} 10:00:00,1.00,13001.0,United Kingdom"
    write_day(orders, FIRST_DAY + timedelta(days=12), [line])
    return folder / "release", early, learned(folder / "late", orders)


def test_the_first_epoch_of_a_warm_start_is_better_than_that_of_a_cold_one(
    log_lines: list[str], shop: tuple[Path, TrainingData, TrainingData], tmp_path: Path
) -> None:
    from training.fit.run import fit

    release, _, late = shop
    once = replace(late, settings=late.settings.model_copy(update={"epochs": 1}))
    _, cold = fit(once, ALONE, FolderObjects(tmp_path / "cold"))

    def begin(model: Any) -> None:
        Weights(release).into(model, once.catalogue)

    _, warm = fit(once, ALONE, FolderObjects(tmp_path / "warm"), begin=begin)
    assert warm[0] < 0.95 * cold[0], (warm, cold)
    assert "warm start: 40 of 41 products are known to the release in service" in log_lines


def test_a_vector_goes_to_its_product_though_all_numbers_have_moved(
    shop: tuple[Path, TrainingData, TrainingData],
) -> None:
    from training.model.two_tower import Sizes, build

    release, early, late = shop
    model = build(Sizes(len(late.catalogue), 8, 16), late.catalogue.features())
    before = {variable.path: np.array(variable) for variable in model.trainable_variables}
    weights = Weights(release)
    weights.into(model, late.catalogue)
    after = {variable.path: np.array(variable) for variable in model.trainable_variables}
    (vectors,) = (path for path in after if path.startswith("item_embedding/"))
    old, new = early.catalogue.index, late.catalogue.index
    assert new["10000"] == old["10000"] + 1
    for code in old:
        np.testing.assert_array_equal(after[vectors][new[code]], weights.values[vectors][old[code]])
    np.testing.assert_array_equal(after[vectors][new["00001"]], before[vectors][new["00001"]])


def test_a_table_in_parts_begins_with_one_in_a_piece_and_the_other_way_round(
    shop: tuple[Path, TrainingData, TrainingData], tmp_path: Path
) -> None:
    from training.model.two_tower import build_model
    from training.release import KERAS_MODEL
    from training.release.export.keras_file import save_keras

    release, early, late = shop
    parts = build_model(late, embedding_shards=3)
    Weights(release).into(parts, late.catalogue)
    table = parts.get_layer("item_embedding").table()
    in_one_piece = build_model(late)
    Weights(release).into(in_one_piece, late.catalogue)
    np.testing.assert_array_equal(table, np.array(in_one_piece.get_layer("item_embedding").embeddings))

    (tmp_path / "items.json").write_bytes((release / "items.json").read_bytes())
    old = build_model(early, embedding_shards=2)
    Weights(release).into(old, early.catalogue)
    save_keras(old, tmp_path / KERAS_MODEL)
    again = build_model(late)
    Weights(tmp_path).into(again, late.catalogue)
    np.testing.assert_array_equal(np.array(again.get_layer("item_embedding").embeddings), table)


class InService:
    """The part of a store that tells what is in service."""

    def __init__(self, manifest: Manifest | None) -> None:
        self._manifest = manifest

    def latest(self) -> dict[str, str] | None:
        return None if self._manifest is None else {"digest": self._manifest.digest()}

    def manifest(self, _digest: str) -> Manifest:
        assert self._manifest is not None
        return self._manifest


def test_a_run_names_what_it_begins_with_and_made_again_it_is_the_same_run(
    shop: tuple[Path, TrainingData, TrainingData],
) -> None:
    release, early, late = shop
    first = read(release)
    assert "warm_start_from" not in first.settings
    warm = replace(late, settings=late.settings.model_copy(update={"warm_start": True}))
    assert begun_from(late, cast(Store, InService(first))) is late, "off by default"
    assert begun_from(warm, cast(Store, InService(None))) is warm, "nothing is in service"
    begun = begun_from(warm, cast(Store, InService(first)))
    assert begun.settings.warm_start_from == first.digest()
    assert begun.settings.epochs == begun.settings.warm_start_epochs == 2
    assert begun.settings.recorded()["warm_start_from"] == first.digest()
    assert begun.fingerprint != warm.fingerprint

    own = first.model_copy(
        update={"window": LearnedWindow.of(begun.manifest), "settings": begun.settings.recorded()}
    )
    again = begun_from(warm, cast(Store, InService(own)))
    assert again.fingerprint == begun.fingerprint, "its own result in service is not begun with"
    cold = replace(early, settings=early.settings.model_copy(update={"warm_start": True}))
    assert begun_from(cold, cast(Store, InService(first))).settings.warm_start_from is None
    assert begun.settings.window == Window()
