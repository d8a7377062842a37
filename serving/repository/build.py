"""A Triton model repository, built from a release directory that was verified before.

::

    recommend/config.pbtxt, <version>/model.py and what it imports, *.npy
    two_tower/config.pbtxt, <version>/model.onnx (and model.py for the Python backend)
    release.json                                 which release this is, and the SHA-256 of every file

The version number is made from the release's digest, so that Triton's metrics tell two releases apart.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from isthmus.atomic_files import atomic_directory
from isthmus.errors import IsthmusError
from isthmus.file_digest import sha256_of
from isthmus.source_digest import source_digest
from isthmus_client.interface import MODEL
from serving.optimise.record import Optimised, read_optimised
from serving.repository.lists import lists_of
from serving.repository.model_configs import OnnxBackend, model_configs, set_parameters, to_text
from serving.repository.tables import product_numbers, write_context_tables, write_tables
from training.release import (
    CONTEXT,
    ONNX_MODEL,
    Customers,
    Manifest,
    ReleaseContext,
    ReleaseDamaged,
    Shortlist,
    Signature,
    context_scores,
    read_popular,
    read_products,
)
from training.release.manifest import digest_of

BUILT = "release.json"
MODELS = Path(__file__).parents[1] / "models"
TOWERS = "two_tower"


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
    computed_s: dict[str, float] = {}
    """What no file of the release says and was computed here, ``ranker`` or ``two_tower`` -> seconds."""
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
        configs = model_configs(manifest, onnx_backend=onnx_backend, gpu=gpu)
        _tell_variants(configs, chosen)
        version = str(version_of(manifest.digest()))
        for name, config in configs.items():
            (aside / name / version).mkdir(parents=True)
            (aside / name / "config.pbtxt").write_text(to_text(config))
            _warmup(aside / name, config)
        for source in _code_of(MODEL):
            shutil.copyfile(source, aside / MODEL / version / source.name)
        if configs[TOWERS].backend == "python":
            shutil.copyfile(MODELS / "onnx" / "model.py", aside / TOWERS / version / "model.py")
        computed = _fill(release, optimised, aside, version)
        built = Built(
            code=code_digest(),
            digest=manifest.digest(),
            onnx_backend=onnx_backend,
            gpu=gpu,
            optimised=chosen.digest() if chosen else None,
            computed_s=computed,
            signature=signature,
            files={path: sha256_of(aside / path) for path in _files(aside)},
        )
        (aside / BUILT).write_text(built.model_dump_json(indent=1))
    return built


def _code_of(model: str) -> list[Path]:
    """The files that a model of ours is made of: its own, and what of training it shares."""
    return [
        *(path for path in sorted((MODELS / model).glob("*.py")) if path.name != "__init__.py"),
        Path(context_scores.__file__),
    ]


def repository_modules() -> tuple[str, ...]:
    """The code that decides what is in a repository, with the models that it copies."""
    models = (
        f"serving.models.{source.parent.name}.{source.stem}"
        for source in MODELS.glob("*/*.py")
        if source.stem != "__init__"
    )
    return __name__, "isthmus_client.interface", *sorted(models)


def code_digest() -> str:
    """Names the code of a repository: these modules, and the file of training that it holds a copy of."""
    shared = sha256_of(Path(context_scores.__file__))
    return digest_of(f"{source_digest(*repository_modules())} {shared}".encode())


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
    """Let each model that is not the release's own say which variant it is: ``parameters.variant``.

    The ranker's scores are in ``recommend``, so that tells of its variant.
    """
    for table in chosen.tables if chosen else ():
        set_parameters(configs[table.stage if table.stage in configs else MODEL], {"variant": table.chosen})


def _fill(release: Path, optimised: Path | None, aside: Path, version: str) -> dict[str, float]:
    """Write the tables and the towers; returns what had to be computed, with its seconds."""
    customers, products, popular = Customers.read(release), read_products(release), read_popular(release)
    shortlist, models = Shortlist.read(release), optimised or release
    lists = lists_of(customers, products, shortlist, models, own_ranker=optimised is None)
    extra_codes: list[str] = []
    folder = aside / MODEL / version
    if shortlist is not None:
        numbers, extra_codes = product_numbers(shortlist.codes, products)
        context = ReleaseContext.read(release)
        if context is not None:
            if not np.array_equal(context.codes, shortlist.codes):
                raise ReleaseDamaged(CONTEXT, "is of other products than the shortlist")
            write_context_tables(context, numbers, 1 + len(products) + len(extra_codes), folder)
    write_tables(customers, products, extra_codes, popular, lists, folder)
    model = aside / TOWERS / version / ONNX_MODEL
    try:
        os.link(models / ONNX_MODEL, model)
    except OSError:
        shutil.copyfile(models / ONNX_MODEL, model)
    return dict(lists.seconds)


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
