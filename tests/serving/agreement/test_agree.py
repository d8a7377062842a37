"""A release that learned from real orders says the same wherever its customers are asked for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from serving.agreement.agree import agree
from serving.edge.pack import pack
from serving.edge.product_slice import ProductSlice
from serving.edge.runtime.manifest import MODELS
from tests.training.shops import SAMPLE
from training.fit.checkpoint import FolderObjects
from training.fit.cluster import ALONE, prepare
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import (
    ONNX_MODEL,
    Customers,
    describe,
    new_key,
    public_key,
    read,
    sign,
    write,
    write_signature,
)
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


def test_keras_onnx_runtime_triton_and_a_device_say_the_same_of_a_thousand_real_customers(
    release: tuple[Path, str],
) -> None:
    folder, _ = release
    asked = agree(folder, read(folder), 1000)
    exact = [("ONNX Runtime", "Keras"), ("Triton, two_tower", "Keras"), ("Triton, recommend", "Keras")]
    rows = {(row.way, row.reference): row for row in asked}
    assert set(rows) == {*exact, ("device, float", "Keras"), ("device, int8", "Keras")}
    for row in asked:
        assert row.held, row
        assert row.customers == min(1000, len(Customers.read(folder))) > 500
    assert all(rows[way].others == 0 for way in exact)


def test_a_model_that_says_something_else_is_told_by_every_way_that_asks_it(
    release: tuple[Path, str], tmp_path: Path
) -> None:
    folder, _ = release
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    model = onnx.load(other / ONNX_MODEL)
    for table in model.graph.initializer:
        if table.data_type == onnx.TensorProto.FLOAT and len(table.dims) > 1:
            values = onnx.numpy_helper.to_array(table) * np.float32(1.001)
            table.CopyFrom(onnx.numpy_helper.from_array(values, table.name))
    onnx.save(model, other / ONNX_MODEL)
    write(other, read(folder).model_copy(update={"files": describe(other)}))
    done = CliRunner().invoke(app, ["release", "agree", str(other), "--customers", "40"])
    assert done.exit_code == 1, done.output
    told = done.stderr.replace("\n", " ")
    for way in ("ONNX Runtime", "Triton, two_tower", "Triton, recommend"):
        assert f"{way} is not within its tolerance of Keras" in told
    assert "device" not in told


def test_real_customers_get_what_keras_recommends_of_a_slice(
    release: tuple[Path, str], tmp_path: Path
) -> None:
    folder, key = release
    trusted = [public_key(key)]
    packed = pack(folder, tmp_path / "b.edge", key, trusted, ProductSlice(300)).manifest
    assert packed.customers_measured == min(1000, len(Customers.read(folder))) > 500
    assert packed.measured["float"].overlap_at_20 >= 0.98
    assert packed.measured["float"].largest_difference <= 0.05
    assert packed.measured["int8"].overlap_at_20 >= 0.97
    assert packed.measured["int8"].largest_difference <= 0.08
    assert packed.measured["int8"].bytes < 0.7 * packed.measured["float"].bytes
    assert packed.release == read(folder).digest()
    assert set(packed.measured) == set(MODELS)
    assert packed.runs == "int8"
