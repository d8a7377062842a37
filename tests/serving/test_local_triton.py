"""The link tree around the wheel's tritonserver."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.local import triton_install


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "isthmus" / "triton"


def backends(argv: list[str]) -> Path:
    return Path(next(arg for arg in argv if arg.startswith("--backend-directory=")).split("=")[1])


def test_the_tree_is_made_once_of_links(cache: Path) -> None:
    argv, env = triton_install.command(["--model-repository=/models"])
    stub = backends(argv) / "python" / "triton_python_backend_stub"
    assert stub.is_symlink()
    assert stub.stat().st_mode & 0o100
    assert argv[-1] == "--model-repository=/models"
    assert Path(argv[0]).name == "tritonserver"
    assert env["PATH"].count(":") >= 1
    made_at = stub.lstat().st_mtime_ns
    assert backends(triton_install.command([])[0]) == backends(argv)
    assert stub.lstat().st_mtime_ns == made_at


def test_broken_links_are_mended(cache: Path) -> None:
    stub = backends(triton_install.command([])[0]) / "python" / "triton_python_backend_stub"
    stub.unlink()
    stub.symlink_to("/gone")
    triton_install.command([])
    assert stub.exists()


def test_many_starts_at_once_make_one_tree(cache: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda _: backends(triton_install.command([])[0]), range(16)))
    assert len(set(trees)) == 1
    assert {path.name for path in cache.iterdir()} == {trees[0].parent.name, ".lock"}


def test_without_the_wheel_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triton_install, "WHEEL", "no-such-wheel")
    with pytest.raises(triton_install.TritonNotHereError, match=r"isthmus\[serving\]"):
        triton_install.command([])
