"""Which Python runs a program, and what is installed for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from isthmus.errors import IsthmusError


class NoInterpreter(IsthmusError):
    """The program's virtual environment is not there; the message says what makes it."""


@dataclass(frozen=True)
class Options:
    """``runtime.options`` of a Pulumi.yaml."""

    toolchain: str
    virtualenv: str

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Options:
        return cls(str(options.get("toolchain") or "pip"), str(options.get("virtualenv") or ""))


def folder(options: Options, root: Path, program: Path) -> Path | None:
    """The virtual environment of a program, there or not; None where the options name none.

    ``virtualenv`` is relative to the project's root. With uv it defaults to the ``.venv`` beside the
    nearest pyproject.toml at or above the program.
    """
    if options.virtualenv:
        return root / options.virtualenv
    if options.toolchain == "uv":
        return _uv_project(root, program) / ".venv"
    return None


def choose(options: Options, root: Path, program: Path) -> Path:
    """The executable for a program. Raises NoInterpreter."""
    venv = folder(options, root, program)
    if venv is None:
        if active := os.environ.get("VIRTUAL_ENV"):
            venv = Path(active)
        else:
            return Path(sys.executable)
    for name in ("bin/python", "Scripts/python.exe"):
        if (venv / name).exists():
            # Not resolved: through its link an interpreter knows its virtual environment.
            return venv / name
    raise NoInterpreter(
        f"The virtual environment {venv} of Pulumi.yaml is not there: run `pulumi install`"
        f"{' or `uv sync`' if options.toolchain == 'uv' else ''} in {root}."
    )


def install_commands(options: Options, root: Path, program: Path) -> list[list[str]]:
    """What makes the environment of a program and installs its dependencies. Raises NoInterpreter."""
    venv = folder(options, root, program)
    if options.toolchain == "uv":
        uv = os.environ.get("UV") or shutil.which("uv")
        if uv is None:
            raise NoInterpreter("toolchain is uv and there is no uv on PATH: install it (pip install uv).")
        return [[uv, "sync", "--project", str(_uv_project(root, program))]]
    if options.toolchain != "pip":
        raise NoInterpreter(f"toolchain {options.toolchain!r} is not known here: use pip or uv.")
    commands = []
    python = Path(sys.executable)
    if venv is not None:
        python = venv / "bin" / "python"
        if not python.exists():
            commands.append([sys.executable, "-m", "venv", str(venv)])
    for place in dict.fromkeys((program, root)):
        if (place / "requirements.txt").is_file():
            commands.append([str(python), "-m", "pip", "install", "-r", str(place / "requirements.txt")])
            break
    return commands


def site_packages(python: Path) -> list[Path]:
    """Where packages of an interpreter are; asks it only when it is not the one that runs us."""
    if python == Path(sys.executable):
        return [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    if (python.parent.parent / "pyvenv.cfg").is_file():
        return sorted(python.parent.parent.glob("lib/python3*/site-packages"))
    answer = subprocess.run(
        [python, "-c", "import json, site; print(json.dumps(site.getsitepackages()))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(entry) for entry in json.loads(answer.stdout)]


def plugins(python: Path) -> Iterator[dict[str, str]]:
    """The resource plugins that installed packages name in their ``pulumi-plugin.json``."""
    for place in site_packages(python):
        for file in sorted(place.glob("*/pulumi-plugin.json")):
            described = json.loads(file.read_text())
            if not described.get("resource"):
                continue
            package = file.parent.name
            yield {
                "kind": "resource",
                "name": str(described.get("name") or package.removeprefix("pulumi_").replace("_", "-")),
                "version": f"v{str(described.get('version') or '').removeprefix('v')}",
                "server": str(described.get("server") or ""),
            }


def packages(python: Path) -> Iterator[tuple[str, str]]:
    """Name and version of every installed distribution."""
    for place in site_packages(python):
        for file in sorted(place.glob("*.dist-info/METADATA")):
            with file.open(encoding="utf-8", errors="replace") as text:
                headers = HeaderParser().parse(text, headersonly=True)
            yield headers["Name"], headers["Version"]


def _uv_project(root: Path, program: Path) -> Path:
    for place in (program, *program.parents):
        if (place / "pyproject.toml").is_file():
            return place
        if place == root:
            break
    return root
