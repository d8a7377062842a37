"""The chosen variants, served by the real tritonserver: its answers are those of the chosen models."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from isthmus.cli.main import app
from serving.local.serve_release import serve_release
from serving.optimise import run
from serving.optimise.choice import Rule
from serving.optimise.errors import OptimisedDamaged
from serving.optimise.pruned import prune_units
from serving.optimise.record import Optimised
from serving.optimise.run import Effort, optimise
from serving.optimise.sessions import answers, opened
from serving.optimise.stages import Stage, stages_of
from serving.optimise.variants import Variant, variants_of
from serving.repository.build import build, read_built
from tests.serving.two_stage_release import make_two_stages
from training.release import Manifest, new_key, sign


@dataclass(frozen=True)
class Made:
    release: Path
    manifest: Manifest
    folder: Path
    record: Optimised


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    release = tmp_path_factory.mktemp("served") / "release"
    manifest = make_two_stages(release)
    folder = release.with_name("release-optimised")

    def lossy(stage: Stage, calibration: Sequence[int]) -> list[Variant]:
        """Far from the original, so that no answer of the one may pass for one of the other."""
        pruned = Variant("pruned-units-60", "", lambda model, made: prune_units(model, made, 0.6))
        return [
            *(one for one in variants_of(stage, calibration) if one.name in ("fp32", "cropped-50")),
            pruned,
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "variants_of", lossy)
        record = optimise(release, manifest, folder, Rule(max_loss=1), effort=Effort(turns=2))
    return Made(release, manifest, folder, record)


def in_process(stage: Stage, models: Path) -> dict[str, list[tuple[str, float]]]:
    """The best 10 products of each customer by code, with their scores."""
    code = {number: code for code, number in stage.numbers.items()}
    rows = list(range(len(stage.customers)))
    return {
        stage.customers[row]: [
            (code[int(product)], float(score)) for product, score in zip(*lists, strict=True)
        ][:10]
        for row, lists in zip(rows, answers(opened(models / stage.file), stage, rows), strict=True)
    }


def test_triton_answers_with_the_chosen_models(made: Made) -> None:
    assert [table.chosen for table in made.record.tables] == ["cropped-50", "pruned-units-60"]
    ranker = stages_of(made.release)[1]
    expected, of_the_release = in_process(ranker, made.folder), in_process(ranker, made.release)
    with serve_release(made.release, str, made.folder) as served:
        found = {answer.customer: answer for answer in served.recommend_all(sorted(expected), 10)}
    for customer, products in expected.items():
        answered = found[customer].products
        assert [product.code for product in answered] == [code for code, _ in products]
        np.testing.assert_allclose(
            [product.score for product in answered], [score for _, score in products], rtol=1e-4, atol=1e-4
        )
        assert found[customer].release == made.manifest.digest()
    assert expected != of_the_release


def test_the_repository_says_which_variants_it_holds(made: Made, tmp_path: Path) -> None:
    signature = sign(made.manifest.digest(), new_key())
    build(
        made.release,
        made.manifest,
        signature,
        tmp_path / "models",
        onnx_backend="python",
        optimised=made.folder,
    )
    built = read_built(tmp_path / "models")
    assert built is not None
    assert built.optimised == made.record.digest()
    # The ranker's scores are in the lists of recommend.
    for table, model in zip(made.record.tables, ("two_tower", "recommend"), strict=True):
        config = (tmp_path / "models" / model / "config.pbtxt").read_text()
        assert f'string_value: "{table.chosen}"' in config
    assert set(built.computed_s) == {"ranker"}
    with pytest.raises(ValueError, match="measured on CPUs"):
        build(
            made.release,
            made.manifest,
            signature,
            tmp_path / "other",
            onnx_backend="native",
            gpu=True,
            optimised=made.folder,
        )


def test_variants_of_another_release_and_tampered_ones_are_not_served(made: Made, tmp_path: Path) -> None:
    tampered = Path(shutil.copytree(made.folder, tmp_path / "tampered"))
    (tampered / "ranker.onnx").write_bytes((made.release / "ranker.onnx").read_bytes())
    other = made.manifest.model_copy(update={"seeds": {"seed": 9}})
    signature = sign(made.manifest.digest(), new_key())
    for manifest, folder, sentence in (
        (made.manifest, tampered, r"ranker\.onnx was changed after it was chosen"),
        (other, made.folder, f"was made of the release {made.manifest.digest()}"),
    ):
        with pytest.raises(OptimisedDamaged, match=sentence):
            build(
                made.release,
                manifest,
                signature,
                tmp_path / "models",
                onnx_backend="python",
                optimised=folder,
            )
        assert not (tmp_path / "models").exists()


def test_the_command_wants_the_release_too(made: Made) -> None:
    asked = CliRunner().invoke(app, ["recommend", "1", "--optimised", str(made.folder)])
    assert "--optimised is of a release; name it with --release" in str(asked.exception)
