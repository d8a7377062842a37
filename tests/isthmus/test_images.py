"""What is in an image of ours, and what changes its tag."""

from __future__ import annotations

import shutil
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from isthmus.images import IMAGES, files, tag
from isthmus.images.contents import LOCK
from isthmus.images.context import lay, revision
from isthmus.images.locked import locked
from isthmus.source_digest import ROOT, sources
from training import digest_scopes
from training.components import (
    ranking_job,
    retrain_job,
    training_job,
    transfer_job,
    tuning_job,
    validation_job,
)

PARTS = ("isthmus", "training", "serving", "uv.lock", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of all that images are made of."""
    for part in PARTS:
        source, target = ROOT / part, tmp_path / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def tags(root: Path) -> dict[str, str]:
    tag.cache_clear()
    locked.cache_clear()
    return {name: tag(image, root) for name, image in IMAGES.items()}


def changed(clone: Path, file: str, text: str = "\n# another line\n") -> set[str]:
    """The images whose tag is another one after a line was added to a file."""
    before = tags(clone)
    with (clone / file).open("a") as opened:
        opened.write(text)
    after = tags(clone)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("file", "images"),
    [
        ("training/fit/run.py", {"training", "training_gpu"}),
        ("training/validation/report/templates/report.css", {"training", "training_gpu"}),
        ("training/Containerfile", {"training", "training_gpu"}),
        ("training/release/manifest.py", {"training", "training_gpu", "serving"}),
        ("serving/models/recommend/model.py", {"serving"}),
        ("serving/client/isthmus_client/interface.py", {"serving", "front"}),
        ("serving/front/app.py", {"front"}),
        ("serving/Containerfile", {"serving", "front"}),
        ("training/components/training_job.py", set()),
        ("serving/components/triton.py", set()),
        ("isthmus/pod_parts.py", set()),
        ("isthmus/images/catalogue.py", set()),
        ("isthmus/cli/main.py", set()),
    ],
)
def test_a_tag_is_that_of_what_is_inside(clone: Path, file: str, images: set[str]) -> None:
    assert changed(clone, file) == images


@pytest.mark.parametrize(
    ("library", "images"),
    [
        ("optuna", {"training", "training_gpu"}),
        ("nvidia-cudnn-cu12", {"training_gpu"}),
        ("boto3", {"training", "training_gpu", "training_spark", "serving", "front"}),
        ("pyspark", {"training_spark"}),
        ("pytest", set()),
        ("pulumi", set()),
    ],
)
def test_a_moved_library_changes_the_images_that_hold_it(clone: Path, library: str, images: set[str]) -> None:
    before = tags(clone)
    text = (clone / LOCK).read_text()
    head = f'[[package]]\nname = "{library}"\n'
    assert head in text
    (clone / LOCK).write_text(text.replace(head, head + "moved = true\n"))
    after = tags(clone)
    assert {name for name in before if before[name] != after[name]} == images


def test_each_job_of_the_estate_can_be_run_out_of_the_image() -> None:
    jobs = (ranking_job, retrain_job, training_job, transfer_job, tuning_job, validation_job)
    for image in (IMAGES["training"], IMAGES["training_gpu"]):
        assert {job.MODULE for job in jobs} <= {*image.entries}


def test_a_job_finds_all_the_sources_that_name_its_results() -> None:
    scopes = (value for name, value in vars(digest_scopes).items() if name.isupper())
    named = {module for scope in scopes for module in sources(*scope)}
    inside = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in files(IMAGES["training"])
    }
    assert named <= inside


def test_no_image_holds_what_only_a_person_runs() -> None:
    for image in IMAGES.values():
        for path in files(image):
            assert not path.startswith(("isthmus/cli/", "isthmus/images/", "infra/", "rehearsal/", "tests/"))
            assert "/components/" not in path


def test_the_libraries_of_an_image_are_those_that_its_code_imports() -> None:
    assert "nvidia-pytriton" not in locked("serving-pull", ROOT / LOCK)
    assert 'name = "tensorflow-cpu"' not in locked("gpu", ROOT / LOCK)
    assert "pytriton" in packages_distributions(), "the step takes the server beside it by this module"


def test_a_folder_to_build_from_holds_what_the_tag_speaks_of(tmp_path: Path) -> None:
    image = IMAGES["serving"]
    lay(image, tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    about = {path for path in found if path.endswith(".dist-info/METADATA")}
    code = {f"code/{path}" for path in files(image)}
    assert found == {"Containerfile", "requirements.txt"} | code | about
    assert len(about) == 1
    lines = (tmp_path / "requirements.txt").read_text().splitlines()
    assert any(line.startswith("tritonclient==") for line in lines)
    assert all("==" in line or "--hash=sha256:" in line for line in lines)


def test_a_label_is_of_the_commit_that_last_changed_what_is_inside(clone: Path) -> None:
    assert revision(IMAGES["serving"], clone) == ("uncommitted", 0)
