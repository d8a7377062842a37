"""A result is made of what its entry modules import: another file changes no digest, one of these does."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from isthmus.source_digest import CLIENT, ROOT, imports_of, source_digest, sources
from serving.repository.build import repository_modules
from training import digest_scopes

RESULTS = {
    "features": digest_scopes.FEATURES,
    "candidate": digest_scopes.CANDIDATE,
    "trial": digest_scopes.TRIAL,
    "ranking features": digest_scopes.RANKING_FEATURES,
    "ranking": digest_scopes.RANKING,
    "repository": repository_modules(),
}
JOBS = {path.stem: (f"training.jobs.{path.stem}",) for path in (ROOT / "training" / "jobs").glob("[a-z]*.py")}
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("training", "serving")
    for path in (ROOT / top).rglob("*.py")
)
FACADE = "training.release"
"""Hands on the names of its modules; which of them an import means, the import graph does not tell."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("code")
    for top in ("training", "serving"):
        shutil.copytree(ROOT / top, folder / top, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "training", "serving", "isthmus_client", exclude_type_checking_imports=True, cache_dir=None
    )


@cache
def scope(result: str) -> frozenset[str]:
    return frozenset(sources(*(RESULTS | JOBS)[result]))


def changed(file: str, root: Path) -> set[str]:
    """The results whose digest another line in a file changes."""
    path = root / file
    source = path.read_bytes()
    path.write_bytes(source + b"# another line\n")
    try:
        return {
            name
            for name, entries in RESULTS.items()
            if source_digest.__wrapped__(*entries, root=root) != source_digest(*entries)
        }
    finally:
        path.write_bytes(source)


def _of_the_parser(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from ((name.name, "") for name in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, "imports are absolute"
            yield from ((str(statement.module), name.name) for name in statement.names)
        elif isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            yield from _of_the_parser(statement.orelse)
        else:
            for name in ("body", "orelse", "finalbody", "handlers"):
                yield from _of_the_parser(getattr(statement, name, []))


@pytest.mark.parametrize("file", FILES)
def test_imports_are_those_that_the_parser_finds(file: str) -> None:
    source = (ROOT / file).read_bytes()
    assert list(imports_of(source)) == list(_of_the_parser(ast.parse(source).body))


@pytest.mark.parametrize("result", [*RESULTS, *JOBS])
def test_a_scope_is_what_the_import_graph_reaches(result: str) -> None:
    entries = (RESULTS | JOBS)[result]
    tops = {entry.partition(".")[0] for entry in entries}

    def reached(from_graph: grimp.ImportGraph) -> set[str]:
        found = {module for entry in entries for module in from_graph.find_upstream_modules(entry)} | {
            *entries
        }
        return {module for module in found if module.partition(".")[0] in tops}

    assert scope(result) <= reached(graph())
    without = graph.__wrapped__()
    for module in without.find_modules_directly_imported_by(FACADE):
        without.remove_import(importer=FACADE, imported=module)
    assert reached(without) - {FACADE} <= scope(result)


@pytest.mark.parametrize("file", FILES)
def test_a_changed_file_changes_what_is_made_of_it_and_nothing_else(file: str, copy: Path) -> None:
    path = file.removeprefix(f"{CLIENT}/").removesuffix(".py").removesuffix("/__init__")
    module = path.replace("/", ".")
    assert changed(file, copy) == {result for result in RESULTS if module in scope(result)}


@pytest.mark.parametrize(
    "file",
    [
        "components/ranking_job.py",
        "components/pod.py",
        "validation/report/svg.py",
        "operations/drift/decide.py",
        "operations/tracking/run.py",
        "jobs/transfer.py",
        "jobs/train.py",
        "release/store.py",
        "release/__init__.py",
        "transfer/upload.py",
        "transfer/redaction.py",
        "ranking/__main__.py",
    ],
)
def test_what_no_model_is_made_of_retrains_nothing(file: str, copy: Path) -> None:
    assert not changed(f"training/{file}", copy)


@pytest.mark.parametrize(
    ("file", "results"),
    [
        ("features/history.py", {"features", "candidate", "trial"}),
        ("orders/cleaning.py", {"features", "candidate", "trial", "ranking features", "ranking"}),
        ("transfer/batch.py", {"features", "candidate", "trial"}),
        ("model/two_tower.py", {"candidate", "trial"}),
        ("fit/loop.py", {"candidate", "trial"}),
        ("release/export/onnx_file.py", {"candidate", "ranking"}),
        ("release/warm_start.py", {"candidate"}),
        ("validation/metrics.py", {"trial"}),
        ("scorers/ridge.py", {"ranking features", "ranking"}),
        ("ranking/calibration.py", {"ranking"}),
    ],
)
def test_what_a_model_is_made_of_retrains_it(file: str, results: set[str], copy: Path) -> None:
    assert changed(f"training/{file}", copy) == results


def test_a_new_module_counts_once_it_is_imported(copy: Path) -> None:
    (copy / "training/features/more.py").write_text("NEW = 1\n")
    history = "training/features/history.py"
    before = (copy / history).read_text()

    def version() -> str:
        return source_digest.__wrapped__(*digest_scopes.FEATURES, root=copy)

    assert version() == source_digest(*digest_scopes.FEATURES)
    (copy / history).write_text(f"{before}\n\ndef late() -> None:\n    from training.features import more\n")
    imported = version()
    (copy / "training/features/more.py").write_text("NEW = 2\n")
    assert version() != imported
    (copy / history).write_text(before)


def test_a_job_is_named_by_its_own_module_alone() -> None:
    assert "training.jobs.rank" in scope("rank")
    assert {"training.operations.tuning.trial", "training.fit.loop"} <= scope("tune")
    for job in JOBS:
        assert not [module for module in scope(job) if module.startswith("training.components")], job


def test_an_entry_that_is_no_module_is_told() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"training\.jobs\.gone is no module below"):
        source_digest("training.jobs.gone")
