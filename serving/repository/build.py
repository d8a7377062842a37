"""A Triton model repository, built from a release directory that was verified before.

::

    recommend/config.pbtxt                       the ensemble
    lookup/config.pbtxt, <version>/model.py, *.npy
    two_tower/config.pbtxt, <version>/model.onnx (and model.py for the Python backend)
    shortlist/config.pbtxt, <version>/model.py, *.npy        with a ranking stage
    ranker/config.pbtxt, <version>/model.onnx (as two_tower) with a ranking stage
    answer/config.pbtxt, <version>/model.py, *.npy
    release.json                                 which release this is, and the SHA-256 of every file

The version number is made from the release's digest, so that Triton's metrics of ``answer`` tell two releases
apart.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from isthmus.atomic_files import atomic_directory
from isthmus.errors import IsthmusError
from isthmus.file_digest import sha256_of
from isthmus.source_digest import source_digest
from serving.optimise.record import Optimised, read_optimised
from serving.repository.model_configs import OnnxBackend, RankingShape, model_configs, set_parameters, to_text
from serving.repository.tables import (
    product_numbers,
    write_answer_tables,
    write_lookup_tables,
    write_shortlist_tables,
)
from training.release import (
    ONNX_MODEL,
    RANKER_MODEL,
    Customers,
    Manifest,
    Shortlist,
    Signature,
    read_popular,
    read_products,
)

BUILT = "release.json"
MODELS = Path(__file__).parents[1] / "models"
ONNX_MODELS = {"two_tower": ONNX_MODEL, "ranker": RANKER_MODEL}
"""Models of Triton that are a file of the release."""


class RepositoryDamaged(IsthmusError):
    """A file of a repository is not the one that was built; the message names it."""


class Built(BaseModel):
    """``release.json`` of a repository: what it was built from and what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    """Digest of the code that built it: a repository by other code is built anew."""
    digest: str
    onnx_backend: OnnxBackend
    gpu: bool
    optimised: str | None = None
    """Digest of the table of variants whose choice is served; None where the release's own models are."""
    signature: Signature
    files: dict[str, str]
    """Path in the repository -> SHA-256."""


def version_of(digest: str) -> int:
    """Version number of a release's models: the first 32 bits of its digest, and never 0.

    Triton wants a positive number; a label of its metrics carries it.
    """
    return int(digest.removeprefix("sha256:")[:8], 16) or 1


def build(
    release: Path,
    manifest: Manifest,
    signature: Signature,
    repository: Path,
    *,
    onnx_backend: OnnxBackend,
    gpu: bool = False,
    optimised: Path | None = None,
) -> Built:
    """Build a repository aside, then rename it to ``repository``; one that is there is replaced.

    One builder at a time: what a killed one left aside is removed first (``serving.pull`` holds a lock).

    Args:
        release: directory of a release whose files were verified against ``manifest``.
        manifest: that of the release.
        signature: that of the release, verified; kept, so that trust can be checked again without the bucket.
        repository: directory to make.
        onnx_backend: see ``serving.repository.model_configs``.
        gpu: see ``serving.repository.model_configs``.
        optimised: a folder of ``isthmus release optimise``, checked here, whose models take the place of the
            release's own; None for these.

    Raises:
        OptimisedDamaged: ``optimised`` is not what was written, or of another release.
        ValueError: a GPU with ``optimised``, which was measured on CPUs.
    """
    if gpu and optimised is not None:
        raise ValueError("optimised models were measured on CPUs; on a GPU the release's own are served")
    chosen = read_optimised(optimised, manifest.digest()) if optimised is not None else None
    repository.parent.mkdir(parents=True, exist_ok=True)
    for leftover in repository.parent.glob(f".{repository.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with atomic_directory(repository) as aside:
        shortlist = Shortlist.read(release)
        ranking = RankingShape(shortlist.longest, shortlist.features.shape[1]) if shortlist else None
        configs = model_configs(manifest, onnx_backend=onnx_backend, gpu=gpu, ranking=ranking)
        _tell_variants(configs, chosen)
        version = str(version_of(manifest.digest()))
        for name, config in configs.items():
            (aside / name / version).mkdir(parents=True)
            (aside / name / "config.pbtxt").write_text(to_text(config))
            _warmup(aside / name, config)
            if config.backend == "python":
                source = MODELS / ("onnx" if name in ONNX_MODELS else name) / "model.py"
                shutil.copyfile(source, aside / name / version / "model.py")
        _fill(release, optimised or release, shortlist, aside, version)
        built = Built(
            code=source_digest(*repository_modules()),
            digest=manifest.digest(),
            onnx_backend=onnx_backend,
            gpu=gpu,
            optimised=chosen.digest() if chosen else None,
            signature=signature,
            files={path: sha256_of(aside / path) for path in _files(aside)},
        )
        (aside / BUILT).write_text(built.model_dump_json(indent=1))
    return built


def repository_modules() -> tuple[str, ...]:
    """The code that decides what is in a repository, with the models that it copies."""
    models = (f"serving.models.{source.parent.name}.model" for source in MODELS.glob("*/model.py"))
    return __name__, "isthmus_client.interface", *sorted(models)


def read_built(repository: Path) -> Built | None:
    """The record of a repository, unchecked; None when there is none that can be read."""
    try:
        return Built.model_validate_json((repository / BUILT).read_bytes())
    except (OSError, ValidationError):
        return None


def check(repository: Path, built: Built) -> None:
    """Compare every file with what was built. Raises RepositoryDamaged naming the first that differs."""
    present = set(_files(repository))
    for path in sorted(present ^ built.files.keys()):
        raise RepositoryDamaged(
            f"{path} of the model repository {'was added' if path in present else 'is missing'}"
        )
    for path, sha256 in built.files.items():
        if sha256_of(repository / path) != sha256:
            raise RepositoryDamaged(f"{path} of the model repository was changed after it was built")


def _tell_variants(configs: dict[str, Any], chosen: Optimised | None) -> None:
    """Let each model that is not the release's own say which variant it is: ``parameters.variant``."""
    for table in chosen.tables if chosen else ():
        set_parameters(configs[table.stage], {"variant": table.chosen})


def _fill(release: Path, models: Path, shortlist: Shortlist | None, aside: Path, version: str) -> None:
    customers, products, popular = Customers.read(release), read_products(release), read_popular(release)
    write_lookup_tables(customers, aside / "lookup" / version)
    extra_codes: list[str] = []
    if shortlist is not None:
        numbers, extra_codes = product_numbers(shortlist, products)
        write_shortlist_tables(shortlist, numbers, aside / "shortlist" / version)
    write_answer_tables(customers, products, extra_codes, popular, aside / "answer" / version)
    for name, file in ONNX_MODELS.items():
        if not (aside / name).exists():
            continue
        model = aside / name / version / ONNX_MODEL
        try:
            os.link(models / file, model)
        except OSError:
            shutil.copyfile(models / file, model)


def _warmup(model: Path, config: Any) -> None:
    """The input files that warm-up requests name; so far ``k``, one product."""
    for request in config.model_warmup:
        for tensor in request.inputs.values():
            if tensor.input_data_file:
                (model / "warmup").mkdir(exist_ok=True)
                (model / "warmup" / tensor.input_data_file).write_bytes(struct.pack("<i", 1))


def _files(repository: Path) -> Iterator[str]:
    for path in sorted(repository.rglob("*")):
        name = path.relative_to(repository).as_posix()
        if path.is_file() and name != BUILT:
            yield name
