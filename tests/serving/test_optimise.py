"""``serving.optimise``: variants are what they say, nothing unmeasured is chosen, the release stays."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from isthmus.cli.main import app
from isthmus.errors import WrongData
from serving.optimise import run, variants
from serving.optimise.choice import Rule
from serving.optimise.errors import OptimisedDamaged, OptimiseRefused
from serving.optimise.pruned import prune_units
from serving.optimise.quality import Quality, quality
from serving.optimise.quantised import quantise_dynamic, quantise_static
from serving.optimise.record import RECORD, Optimised, read_optimised
from serving.optimise.rows import Measured, Row
from serving.optimise.run import Effort, optimise
from serving.optimise.schema import SCHEMA, schema
from serving.optimise.sessions import answers, opened
from serving.optimise.stages import stages_of
from serving.optimise.timing import Latency
from serving.optimise.weights import replace, values
from tests.serving.small_release import CUSTOMERS, code
from tests.serving.two_stage_release import make_two_stages
from training.release import (
    Manifest,
    SignatureRefused,
    new_key,
    public_key,
    read_signature,
    sign,
    verify,
    write_signature,
)
from training.validation.metrics import per_customer

QUICK = Effort(turns=2)


@dataclass(frozen=True)
class Made:
    release: Path
    manifest: Manifest
    folder: Path
    record: Optimised
    key: str

    def row(self, stage: str, variant: str) -> Row:
        (table,) = [table for table in self.record.tables if table.stage == stage]
        (row,) = [row for row in table.rows if row.variant == variant]
        return row

    def measured(self, stage: str, variant: str) -> Measured:
        measured = self.row(stage, variant).measured
        assert measured is not None, self.row(stage, variant).unmeasured
        return measured


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    release = tmp_path_factory.mktemp("optimised") / "release"
    manifest = make_two_stages(release)
    folder, key = release.with_name("release-optimised"), new_key()
    record = optimise(release, manifest, folder, Rule(), effort=QUICK, signing_key=key)
    return Made(release, manifest, folder, record, key)


def test_what_is_written_is_what_was_measured_and_the_release_is_left_alone(made: Made) -> None:
    assert read_optimised(made.folder, made.manifest.digest(), public_key(made.key)) == made.record
    assert verify(made.release) == made.manifest
    for table in made.record.tables:
        chosen = made.measured(table.stage, table.chosen)
        (file,) = [file for file in made.record.files if file.path == table.file]
        assert (file.size, file.sha256) == (chosen.bytes, chosen.sha256)
        assert chosen.quality.loss <= made.record.rule.max_loss
        assert opened(made.folder / table.file)
    assert [table.stage for table in made.record.tables] == ["two_tower", "ranker"]


def test_the_original_loses_nothing_and_what_needs_a_gpu_is_not_measured(made: Made) -> None:
    for table in made.record.tables:
        original = made.measured(table.stage, "fp32").quality
        assert (original.loss, original.largest_difference, original.recall) == (0, 0, 1)
        for row in table.rows:
            assert (row.unmeasured or "").startswith("needs a GPU") == row.variant.startswith("tensorrt-")


def test_int8_is_int8(made: Made, tmp_path: Path) -> None:
    stages = {stage.name: stage for stage in stages_of(made.release)}
    byte = (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
    for name, weights in (("two_tower", 2), ("ranker", 1)):
        model = made.release / stages[name].file
        quantise_dynamic(model, tmp_path / "dynamic.onnx")
        quantise_static(model, tmp_path / "static.onnx", stages[name], [0, 1])
        for file in ("dynamic.onnx", "static.onnx"):
            constants = onnx.load(tmp_path / file).graph.initializer
            # Tables and dense layers are; the ranker's last layer, which says the score, is not.
            int8 = [entry for entry in constants if entry.data_type in byte and len(entry.dims) == 2]
            assert len(int8) == weights, (name, file)
        # The sum that -1e9 is in was left alone: scores stay apart.
        assert made.measured(name, "int8-dynamic").quality.recall > 0.9


def test_cropping_keeps_the_dimensions_that_hold_the_dot_products(made: Made) -> None:
    # The table is of rank 6 in 8 dimensions: three quarters hold all of it, and half do not.
    assert made.measured("two_tower", "cropped-75").quality.largest_difference < 1e-3
    assert made.measured("two_tower", "cropped-50").quality.largest_difference > 0.01
    assert "no table of products" in (made.row("ranker", "cropped-50").unmeasured or "")


def test_pruning_takes_the_units_that_do_nothing(made: Made, tmp_path: Path) -> None:
    # A quarter of the hidden units has no weight out.
    assert made.measured("ranker", "pruned-units-25").quality.largest_difference < 1e-5
    assert made.measured("ranker", "pruned-weights-50").quality.largest_difference > 0.01
    prune_units(made.release / "ranker.onnx", tmp_path / "pruned.onnx", 0.25)
    sizes = {entry.name: list(entry.dims) for entry in onnx.load(tmp_path / "pruned.onnx").graph.initializer}
    assert (sizes["into"], sizes["bias"], sizes["out"]) == ([10, 6], [6], [6, 1])


def test_nobody_is_judged_by_whom_the_ranges_were_found(made: Made) -> None:
    stage = stages_of(made.release)[0]
    asked, calibration = run._customers(stage, None, Effort(customers=1000))
    assert not set(asked) & set(calibration)
    assert sorted([*asked, *calibration]) == list(range(CUSTOMERS))


def test_recall_is_that_of_the_validation(made: Made) -> None:
    (stage, _) = stages_of(made.release)
    bought = {name: {code(number + 1), code(number + 9)} for number, name in enumerate(stage.customers[::2])}
    record = optimise(
        made.release, made.manifest, made.release.with_name("by-purchases"), Rule(), bought, QUICK
    )
    table = record.tables[0]
    assert (table.judged_by, table.customers) == ("purchases", CUSTOMERS // 2)
    rows = list(range(0, CUSTOMERS, 2))
    lists = [products.tolist() for products, _ in answers(opened(made.release / "model.onnx"), stage, rows)]
    wanted = [{stage.numbers[each] for each in bought[stage.customers[row]]} for row in rows]
    expected = per_customer(lists, wanted).recall.mean()
    (measured,) = [row.measured for row in table.rows if row.variant == "fp32"]
    assert measured is not None
    assert measured.quality.recall == pytest.approx(expected)


def test_orders_of_others_are_refused(made: Made, tmp_path: Path) -> None:
    with pytest.raises(OptimiseRefused, match=r"none of the 12 customers of model\.onnx bought"):
        optimise(made.release, made.manifest, tmp_path / "out", Rule(), {"somebody": {code(1)}}, QUICK)
    assert not list(tmp_path.iterdir())


def test_loss_and_interval_by_hand() -> None:
    def answer(*products: int) -> tuple[np.ndarray, np.ndarray]:
        return np.array(products), np.array([float(product) for product in products])

    original = [answer(1, 2), answer(3, 4), answer(5, 6), answer(7, 8)]
    variant = [answer(1, 2), answer(3, 9), answer(5, 6), answer(7, 8)]
    found = quality(original, variant, [{1}, {4}, {5}, {99}])
    assert (found.recall, found.largest_difference) == (0.5, 0)
    # One of the three that the original finds.
    assert found.loss == pytest.approx(1 / 3)
    assert found.loss_interval == pytest.approx((1 / 3 - 1.959964 / 3, 1 / 3 + 1.959964 / 3))
    # Without orders it is the share of the original's products: one of eight is another.
    assert quality(original, variant, None).loss == 0.125


def row(variant: str, size: int, milliseconds: float, loss: float, worst: float) -> Row:
    lasted = Latency(milliseconds, milliseconds, 10)
    found = Quality(0, 0, 1 - loss, loss, (loss, worst))
    measured = Measured(bytes=size, sha256="", quality=found, batch_1=lasted, batch_32=lasted)
    return Row(variant=variant, what="", measured=measured)


def test_the_rule_chooses_among_what_was_measured() -> None:
    rows = [
        row("fp32", 100, 10, 0, 0),
        row("tiny", 1, 1, 0.02, 0.03),
        row("small", 20, 9, 0.004, 0.006),
        row("fast", 50, 2, 0.001, 0.002),
        Row(variant="tensorrt", what="", unmeasured="needs a GPU"),
    ]
    assert Rule().choose(rows) == "small"
    assert Rule(best="fastest").choose(rows) == "fast"
    assert Rule(certain=True).choose(rows) == "fast"
    assert Rule(max_loss=0).choose(rows) == "fp32"
    assert Rule(max_loss=0.02).choose(rows) == "tiny"
    assert str(Rule()) == "the smallest that loses at most 0.5 % of the recall"


def test_a_row_is_measured_or_says_why_not() -> None:
    with pytest.raises(ValueError, match="measured, or says why"):
        Row(variant="fp16", what="")


def test_one_variant_that_a_library_cannot_make_costs_no_other(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(model: Path, made: Path) -> None:
        raise RuntimeError("no kernel\nfor it")

    monkeypatch.setattr(variants, "halve", fails)
    record = optimise(made.release, made.manifest, tmp_path / "out", Rule(), effort=QUICK)
    for table in record.tables:
        found = {row.variant: row.unmeasured for row in table.rows}
        assert found["fp16"] == "RuntimeError: no kernel for it"
        assert (found["int8-static"], table.chosen != "fp16") == (None, True)


def test_a_variant_whose_scores_are_no_numbers_is_not_chosen(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoils(model: Path, made: Path) -> None:
        proto = onnx.load(model)
        name = "into" if model.name == "ranker.onnx" else "all_vectors"
        replace(proto.graph, name, np.full_like(values(proto.graph)[name], np.nan))
        onnx.save(proto, made)

    monkeypatch.setattr(variants, "halve", spoils)
    record = optimise(made.release, made.manifest, tmp_path / "out", Rule(max_loss=1), effort=QUICK)
    for table in record.tables:
        (reason,) = [row.unmeasured for row in table.rows if row.variant == "fp16"]
        assert reason == "its scores are not all numbers"
        assert table.chosen != "fp16"


def test_what_is_stopped_in_the_middle_leaves_the_folder_as_it_was(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made.folder, tmp_path / "out")
    monkeypatch.setattr(run, "time_by_turns", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        optimise(made.release, made.manifest, tmp_path / "out", Rule(), effort=QUICK)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert read_optimised(tmp_path / "out") == made.record


def test_a_folder_of_something_else_is_not_replaced(made: Made, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(WrongData, match="not empty and no folder of optimised models"):
        optimise(made.release, made.manifest, tmp_path, Rule(), effort=QUICK)


def test_tampering_is_refused_with_the_name_of_the_file(made: Made, tmp_path: Path) -> None:
    def copied(name: str) -> Path:
        return Path(shutil.copytree(made.folder, tmp_path / name))

    changed = copied("changed") / "ranker.onnx"
    changed.write_bytes(changed.read_bytes() + b"\0")
    with pytest.raises(OptimisedDamaged, match=r"ranker\.onnx was changed"):
        read_optimised(changed.parent)
    missing = copied("missing")
    (missing / "model.onnx").unlink()
    with pytest.raises(OptimisedDamaged, match=r"model\.onnx is missing"):
        read_optimised(missing)
    added = copied("added")
    (added / "more.onnx").touch()
    with pytest.raises(OptimisedDamaged, match=r"more\.onnx was added"):
        read_optimised(added)
    rewritten = copied("rewritten")
    raw = (rewritten / RECORD).read_text()
    (rewritten / RECORD).write_text(raw.replace(made.manifest.digest(), "sha256:" + "0" * 64))
    with pytest.raises(OptimisedDamaged, match="made of the release sha256:0000"):
        read_optimised(rewritten, made.manifest.digest())
    with pytest.raises(SignatureRefused):
        read_optimised(rewritten, trusted=public_key(made.key))
    with pytest.raises(OptimisedDamaged, match="make it with"):
        read_optimised(tmp_path)


def test_a_signature_of_a_release_is_none_of_its_variants(made: Made, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made.folder, tmp_path / "out"))
    assert read_signature(folder).digest == made.record.digest()
    write_signature(folder, sign(made.record.digest(), made.key))  # in the domain of releases
    with pytest.raises(SignatureRefused, match="is false"):
        read_optimised(folder, trusted=public_key(made.key))
    with pytest.raises(SignatureRefused, match="not trusted"):
        read_optimised(made.folder, trusted=public_key(new_key()))


def test_the_command_shows_the_table_and_writes_it(made: Made, tmp_path: Path) -> None:
    release = Path(shutil.copytree(made.release, tmp_path / "release"))
    asked = ["release", "optimise", str(release), "--turns", "2"]
    shown = CliRunner().invoke(app, [*asked, "--max-loss", "0", "--best", "fastest"])
    assert shown.exit_code == 0, shown.output
    assert "unmeasured: needs a GPU" in shown.stdout
    assert "rule: the fastest that loses at most 0 % of the recall" in shown.stdout
    plain = CliRunner().invoke(app, [*asked, "--json"])
    written = json.loads((tmp_path / "release-optimised" / RECORD).read_text())
    assert json.loads(plain.stdout) == written
    Draft202012Validator(json.loads(schema())).validate(written)
    nowhere = CliRunner().invoke(app, ["release", "optimise", str(tmp_path / "nowhere")])
    assert "is not a release" in str(nowhere.exception)


def test_the_schema_in_the_docs_is_that_of_the_record() -> None:
    assert SCHEMA.read_bytes() == schema(), "python -m serving.optimise.schema writes it"
