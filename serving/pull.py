"""The init step of a Triton server: ``python -m serving.pull``.

Reads from the environment:

=====================  =======================================================================
``RELEASE``            digest of the release to serve, ``sha256:`` and 64 hexadecimal digits
``RELEASES_BUCKET``    the bucket that holds it (``AWS_REGION``, ``AWS_ENDPOINT_URL`` as boto3)
``TRUSTED_KEYS``       base64 Ed25519 public keys, separated by commas
``MODEL_REPOSITORY``   directory to make, for ``tritonserver --model-repository``
``ONNX_BACKEND``       ``native`` or ``python``; absent: what the server beside it can do
``GPUS``               GPUs of the server; absent: 0
=====================  =======================================================================

Order matters: the signature is checked before anything is downloaded, every file before anything is built,
and the repository appears under its name only when it is whole. A second run finds it there, checks it, and
is done. Where the bucket cannot be reached (the link is down), a repository that is there, whole, and signed
by a key that is still trusted is enough.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from filelock import FileLock
from pydantic import BaseModel, ConfigDict

from isthmus.errors import IsthmusError, StoreFailed
from serving.repository.build import Built, RepositoryDamaged, build, check, code_digest, read_built
from serving.repository.model_configs import OnnxBackend
from training.release import ReleaseError, SignatureRefused, Store, verify_signature

Outcome = Literal["built", "already there"]


class PullRefused(IsthmusError):
    """The environment of the init step cannot be right; the message names the variable."""


class PullConfig(BaseModel):
    """What the environment asks for."""

    model_config = ConfigDict(frozen=True)

    release: str
    bucket: str
    trusted_keys: tuple[str, ...]
    repository: Path
    onnx_backend: OnnxBackend
    gpus: int = 0

    @classmethod
    def of(cls, env: Mapping[str, str]) -> PullConfig:
        """Read the environment. Raises PullRefused naming the variable."""
        for name in ("RELEASE", "RELEASES_BUCKET", "TRUSTED_KEYS", "MODEL_REPOSITORY"):
            if not env.get(name, "").strip():
                raise PullRefused(
                    f"{name} is not set; `python -m serving.pull` needs it ({__name__} lists all)"
                )
        keys = tuple(key.strip() for key in env["TRUSTED_KEYS"].split(",") if key.strip())
        backend = env.get("ONNX_BACKEND") or onnx_backend_here()
        if backend not in get_args(OnnxBackend):
            raise PullRefused(f"ONNX_BACKEND is {backend!r}; allowed: native, python")
        gpus = env.get("GPUS") or "0"
        if not gpus.isdigit():
            raise PullRefused(f"GPUS is {gpus!r}; allowed: 0 or a positive number")
        if int(gpus) and backend == "python":
            raise PullRefused("ONNX_BACKEND python runs on the CPU; with GPUS set use native")
        return cls(
            release=env["RELEASE"].strip(),
            bucket=env["RELEASES_BUCKET"].strip(),
            trusted_keys=keys,
            repository=Path(env["MODEL_REPOSITORY"]),
            onnx_backend=backend,  # type: ignore[arg-type]  # compared with get_args above
            gpus=int(gpus),
        )


def onnx_backend_here() -> OnnxBackend:
    """``python`` in an environment that carries its own tritonserver, which has no ONNX Runtime backend.

    The image of the init step has none: there, the server beside it is NVIDIA's image.
    """
    return "python" if find_spec("pytriton") else "native"


def pull(config: PullConfig, store: Store | None = None) -> Outcome:
    """Make the model repository of a release.

    Raises:
        ReleaseError: the release is not there, not signed by a trusted key, or one of its files is damaged
            (named); nothing was put at ``config.repository`` then.
    """
    repository = config.repository
    repository.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(repository.parent / f".{repository.name}.lock"):
        built = _usable(config)
        bucket = store or Store(config.bucket)
        if built is not None:
            verify_signature(built.signature, config.release, config.trusted_keys)
            return "already there"
        signature = bucket.signature(config.release)
        if signature is None:
            # Asked first, because "there is no such release" says more than "it is not signed".
            bucket.manifest(config.release)
            raise SignatureRefused(
                f"{config.release} in {config.bucket} has no signature: it was not validated; "
                "run the validation job, or serve a release that `isthmus release list` shows as signed"
            )
        verify_signature(signature, config.release, config.trusted_keys)
        releases = repository.parent / f".{repository.name}.release"
        release = bucket.pull(config.release, releases)
        made = build(
            release,
            bucket.manifest(config.release),
            signature,
            repository,
            onnx_backend=config.onnx_backend,
            gpu=config.gpus > 0,
        )
        shutil.rmtree(releases, ignore_errors=True)
    for model, seconds in made.computed_s.items():
        print(f"serving.pull: computed what {model} says of every customer in {seconds:.1f} s", flush=True)
    return "built"


def main(env: Mapping[str, str] = os.environ) -> int:
    """Run the init step; returns the exit status, 1 with one sentence on stderr when it is refused."""
    started = time.monotonic()
    try:
        config = PullConfig.of(env)
        outcome = pull(config)
    except (PullRefused, ReleaseError, StoreFailed) as refused:
        print(f"serving.pull: {refused}", file=sys.stderr, flush=True)
        return 1
    seconds = time.monotonic() - started
    print(
        f"serving.pull: {config.release} {outcome} in {seconds:.1f} s at {config.repository}"
        f" (ONNX backend: {config.onnx_backend}, GPUs: {config.gpus})",
        flush=True,
    )
    return 0


def _usable(config: PullConfig) -> Built | None:
    """The repository that is there, when it is whole and of this release and server; else None."""
    built = read_built(config.repository)
    if built is None or (built.code, built.digest, built.onnx_backend, built.gpu) != (
        code_digest(),
        config.release,
        config.onnx_backend,
        config.gpus > 0,
    ):
        return None
    try:
        check(config.repository, built)
    except RepositoryDamaged as damage:
        print(f"serving.pull: {damage}; building it again", file=sys.stderr, flush=True)
        return None
    return built


if __name__ == "__main__":
    sys.exit(main())
