"""A sandbox for a rehearsal: drills, benchmarks and tests never touch the one that a person has up.

A sandbox is a project folder (the code by links, its own copy of the stack files, free ports) and a
home, in one folder that can be thrown away.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from isthmus.stack_files import read, write
from rehearsal.engine.files import write_text
from rehearsal.estate import Estate
from rehearsal.home import VARIABLE, Home, project_root
from rehearsal.ports import free_ports
from rehearsal.stack_copy import STACK

_PACKAGES = ("isthmus", "infra", "training", "serving", "rehearsal")
_LINKED = (".venv", *_PACKAGES, "data", "pyproject.toml", "uv.lock")

Say = Callable[[str], None]
_TRIES = 5


def project(folder: Path, root: Path | None = None) -> Path:
    """Make ``folder`` a project like the one at ``root`` (default: the one around here), on free ports."""
    root = root or project_root()
    folder.mkdir(parents=True)
    shutil.copy(root / "Pulumi.yaml", folder)
    shutil.copytree(root / "stacks", folder / "stacks")
    for name in _LINKED:
        if (root / name).exists():
            (folder / name).symlink_to(root / name)
    local = stack_file(folder)
    local.write_text(_with_free_ports(local.read_text()))
    return folder


def stack_file(project_dir: Path) -> Path:
    """The stack file of ``local``."""
    return project_dir / "stacks" / f"Pulumi.{STACK}.yaml"


def change(project_dir: Path, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Change settings of ``local``: ``{"serving": {"enabled": False}}``. Comments of the copy are lost."""
    file = stack_file(project_dir)
    content = read(file)
    config = dict(content.config)
    for section, values in changes.items():
        config[f"isthmus:{section}"] = {**config.get(f"isthmus:{section}", {}), **values}
    write_text(file, write({**content.rest, "config": config}))


@contextmanager
def estate(folder: Path, say: Say = lambda _: None, root: Path | None = None) -> Iterator[Estate]:
    """An estate in a sandbox in ``folder``, all installed. What it started ends with the block."""
    home = Home(folder / "home")
    made = Estate(home, project(folder / "project", root), say)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(home.root)
    try:
        made.install()
        _claim_its_ports(made)
        yield made
    finally:
        made.wipe()
        for process in processes_of(home):
            process.kill()
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def _claim_its_ports(made: Estate) -> None:
    """Have the ports of its stack file given to it at once, before another process of this machine draws one.

    Tests run the engine on the stack file itself, and ask the clouds where the copy says that they are.
    """
    for _ in range(_TRIES):
        if ports_in(made.stack_file().read_text()) <= ports_in(stack_file(made.project_dir).read_text()):
            return
        local = stack_file(made.project_dir)
        local.write_text(_with_free_ports(local.read_text()))
    raise RuntimeError(f"{_TRIES} times in a row the ports of {made.project_dir} were taken at once")


def ports_in(text: str) -> set[str]:
    """Every port of a stack file, the workers' first one included."""
    return {*re.findall(r"127\.0\.0\.1:(\d+)", text), *re.findall(r"base_port: (\d+)", text)}


def processes_of(home: Home) -> list[psutil.Process]:
    """Every living process of a rehearsal, this one excepted: started in its environment or in its folder."""
    found = []
    for process in psutil.process_iter():
        try:
            named = process.environ().get(VARIABLE) == str(home.root)
            inside = Path(process.cwd()).is_relative_to(home.root)
            living = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if (named or inside) and living:
            found.append(process)
    return found


def _with_free_ports(text: str) -> str:
    """The stack file with every loopback port, and the workers' base port, replaced by free ones."""
    taken: set[int] = set()  # none of them listens yet, so a second draw could give the same ones

    def drawn(count: int) -> int:
        first = free_ports(count, taken)
        taken.update(range(first, first + count))
        return first

    for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text))):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{drawn(1)}")
    return re.sub(r"base_port: \d+", f"base_port: {drawn(8)}", text)
