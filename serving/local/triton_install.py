"""The real Triton Inference Server on this machine, without a container.

The wheel ``nvidia-pytriton`` carries NVIDIA's ``tritonserver`` binary, the Python backend and one
backend stub for each CPython. It wants them put together in one backend directory; the wheel's own
wrapper does that by copying 20 MB for each start. Here it is a tree of links in the user's cache
folder, made aside and then renamed, so that site-packages are never written to and two starts at
once do no harm.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from isthmus.atomic_files import atomic_directory
from isthmus.errors import IsthmusError
from serving.server.triton_args import MAX_INPUT

WHEEL = "nvidia-pytriton"


class TritonNotHereError(IsthmusError):
    """This machine has no tritonserver that can run here; the message says what to do."""


def command(args: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command line of the local tritonserver, and the variables it needs.

    Args:
        args: what Triton's container would get after ``tritonserver``. ``--backend-directory`` and
            ``--cache-directory`` are added in front, so that an argument of the caller's wins.

    Returns:
        ``(argv, env)``: ``env`` holds only the variables to set over the caller's own; ``PATH`` in it
        already holds this process's ``PATH``.

    Raises:
        TritonNotHereError: the wheel is not installed, or has no stub for this Python.
    """
    server = _distribution()
    tree = _link_tree(server)
    argv = [
        str(server / "bin" / "tritonserver"),
        f"--backend-directory={tree / 'backends'}",
        f"--cache-directory={tree / 'caches'}",
        # The wheel's server is older than this option; Envoy holds the same limit.
        *(arg for arg in args if not arg.startswith(f"{MAX_INPUT}=")),
    ]
    return argv, _environment()


def server_version() -> str:
    """Version of the wheel, e.g. ``0.7.0``. Raises TritonNotHereError when it is not installed."""
    try:
        return version(WHEEL)
    except PackageNotFoundError:
        raise TritonNotHereError(
            f"{WHEEL} is not installed in {sys.prefix}, so there is no tritonserver to start: "
            "run `pip install 'isthmus[serving]'` (Linux on x86-64 or arm64)"
        ) from None


def _distribution() -> Path:
    wheel_version = server_version()
    # find_spec does not run the package, whose import takes a second and starts a logger of its own.
    spec = find_spec("pytriton")
    places = list(spec.submodule_search_locations or []) if spec else []
    server = Path(places[0]) / "tritonserver" if places else Path("tritonserver")
    if not (server / "bin" / "tritonserver").is_file():
        raise TritonNotHereError(
            f"{WHEEL} {wheel_version} in {sys.prefix} has no tritonserver/bin/tritonserver: "
            "reinstall it with `pip install --force-reinstall --no-deps nvidia-pytriton`"
        )
    return server


def _files(server: Path) -> dict[str, Path]:
    """Place in the link tree -> file of the wheel."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / python / "triton_python_backend_stub"
    if not stub.is_file():
        stubs = ", ".join(sorted(path.name for path in (server / "python_backend_stubs").iterdir()))
        raise TritonNotHereError(
            f"{WHEEL} {server_version()} has backend stubs for CPython {stubs}, not for {python}: "
            "use one of these for the virtual environment"
        )
    links = {"backends/python/triton_python_backend_stub": stub}
    for folder in ("backends", "caches"):
        for path in sorted((server / folder).rglob("*")):
            if path.is_file() and path.name != stub.name and "__pycache__" not in path.parts:
                links[path.relative_to(server).as_posix()] = path
    return links


def _link_tree(server: Path) -> Path:
    """A folder laid out as Triton's own, of links to the wheel's files; made once for each environment."""
    files = _files(server)
    name = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    tree = user_cache_path("isthmus") / "triton" / f"{server_version()}-{name}"
    if all((tree / place).exists() for place in files):
        return tree
    tree.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(tree.parent / ".lock"):
        if all((tree / place).exists() for place in files):
            return tree
        # A tree with broken links is of an environment that was removed and made again: it is replaced.
        for leftover in tree.parent.glob(f".{tree.name}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with atomic_directory(tree) as aside:
            for place, path in files.items():
                (aside / place).parent.mkdir(parents=True, exist_ok=True)
                (aside / place).symlink_to(path)
    return tree


@cache
def _library_folders() -> tuple[str, ...]:
    """Folders that may hold the libpython the stub is linked to (Pythons outside the system's folders)."""
    libpython = f"libpython{sys.version_info.major}.{sys.version_info.minor}.so.1.0"
    candidates = [sysconfig.get_config_var("LIBDIR"), str(Path(sys.base_prefix) / "lib")]
    return tuple(
        dict.fromkeys(folder for folder in candidates if folder and (Path(folder) / libpython).exists())
    )


def _environment() -> dict[str, str]:
    # The stub embeds libpython, which finds its standard library through `python3` on PATH: with this
    # environment's bin first that is the Python the packages were installed for.
    env = {
        "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(
            dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
        ),
        "PYTHONUNBUFFERED": "1",
        # Without it a model's import would write __pycache__ into the release's repository.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if folders := _library_folders():
        env["LD_LIBRARY_PATH"] = os.pathsep.join(
            [*folders, *filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))]
        )
    return env
