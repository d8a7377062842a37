"""An engine for a rehearsal: the first way that works, and which one it was."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from filelock import FileLock

from rehearsal.engine import official, on_path, pin
from rehearsal.engine.errors import EngineError
from rehearsal.engine.files import write_executable, write_text
from rehearsal.home import Home
from rehearsal.programs import build, cache
from rehearsal.programs.errors import ProgramError, Unavailable
from rehearsal.programs.progress import Progress
from rehearsal.programs.versions import dotted, numbers

Origin = Literal["path", "official", "built"]

# The ways that are tried, for tests and for machines whose owner knows better: "built", "path,built".
VARIABLE: Final = "ISTHMUS_ENGINE"
_WAYS: Final[tuple[Origin, ...]] = ("path", "official", "built")
_SAID: Final = {
    "path": "found on PATH",
    "official": "from the official installer",
    "built": "built from its Go module",
}


@dataclass(frozen=True)
class EngineBinary:
    """An engine that runs: where it is, where it came from, and whose Python language host it uses."""

    path: Path
    version: str
    origin: Origin
    own_language_host: bool

    def __str__(self) -> str:
        host = "our language host" if self.own_language_host else "its own language host"
        return f"Pulumi {self.version}, {_SAID[self.origin]}, with {host} ({self.path})"


def provide(home: Home, progress: Progress | None = None) -> EngineBinary:
    """The engine of ``home``: found, downloaded or built unless it is there, and linked into ``home.bin``.

    Milliseconds when nothing is to be done. Raises EngineError, naming every way that was tried.
    """
    home.state.mkdir(parents=True, exist_ok=True)
    if ready := current(home):
        return ready
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "engine.lock"):
        if ready := current(home):
            return ready
        with progress or Progress() as shown:
            engine = _first(shown)
            _link(home, engine)
            shown.stop()
            shown.say(f"Engine: {engine}")
        return engine


def current(home: Home) -> EngineBinary | None:
    """The engine that ``home`` is set up with, as long as it is the file it was; None otherwise."""
    try:
        record = json.loads(_record(home).read_text())
        engine = EngineBinary(
            Path(record["path"]), record["version"], record["origin"], record["own_language_host"]
        )
        version = numbers(engine.version)
        same = (
            record["identity"] == _identity(engine.path)
            and (home.bin / "pulumi").resolve() == engine.path.resolve()
            and version is not None
            and pin.compatible(version)
            and engine.origin in _ways()
            and (engine.origin == "path" or engine.version == pin.VERSION)
            and _language_host_current(home, engine)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engine if same else None


def language_host_script() -> str:
    """The executable that the engine starts to run Python programs."""
    # -P: the engine's current folder must not shadow a package of ours or of the standard library.
    command = f"exec {shlex.quote(sys.executable)} -P -m rehearsal.engine.language_host"
    return f'#!/bin/sh\n{on_path.MARK}\n{command} "$@"\n'


def _first(progress: Progress) -> EngineBinary:
    tried: list[str] = []
    makers: dict[Origin, Callable[[Progress], EngineBinary]] = {
        "path": _from_path,
        "official": _from_installer,
        "built": _from_module,
    }
    ways = _ways()
    # What an earlier set-up left in the cache is as good as new, and asks no site.
    for way in ways:
        if way != "path" and _cached(way).is_dir() and "path" not in ways:
            return _entry(way)
    for way in ways:
        try:
            return makers[way](progress)
        except ProgramError as error:
            tried.append(f"{_SAID[way]}: {error}")
    raise EngineError("No engine. " + "  ".join(f"({i}) {text}" for i, text in enumerate(tried, 1)))


def _from_path(_: Progress) -> EngineBinary:
    path, version = on_path.find()
    return EngineBinary(path, version, "path", on_path.language_host(path) is None)


def _from_installer(progress: Progress) -> EngineBinary:
    if not _cached("official").is_dir():
        if _cached("built").is_dir() and "built" in _ways():
            raise Unavailable("not asked, the cache has a built one")
        progress.phase("Asking the official installer")
        cache.ensure(_cached("official"), official.install, waiting=lambda: _wait(progress))
    return _entry("official")


def _from_module(progress: Progress) -> EngineBinary:
    cache.ensure(
        _cached("built"),
        lambda folder: build.build(pin.MODULE, folder, progress),
        waiting=lambda: _wait(progress),
    )
    return _entry("built")


def _wait(progress: Progress) -> None:
    progress.phase("Another process is preparing the engine, waiting for it")


def _entry(way: Origin) -> EngineBinary:
    path = _cached(way) / "bin" / "pulumi"
    version = on_path.probe(path)
    if version is None or dotted(version) != pin.VERSION:
        raise EngineError(f"the engine in {_cached(way)} does not run: remove that folder and try again")
    return EngineBinary(path, pin.VERSION, way, not (path.parent / "pulumi-language-python").exists())


def _cached(way: Origin) -> Path:
    return cache.entry("engine", pin.VERSION, f"{way}-{cache.machine()}")


def _ways() -> tuple[Origin, ...]:
    named = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    if unknown := [name for name in named if name not in _WAYS]:
        raise EngineError(
            f"{VARIABLE} is {','.join(named)!r}: {unknown[0]!r} is none of {', '.join(_WAYS)}; "
            "unset it to try all of them."
        )
    return tuple(way for way in _WAYS if way in named) if named else _WAYS


def _link(home: Home, engine: EngineBinary) -> None:
    home.bin.mkdir(parents=True, exist_ok=True)
    _record(home).unlink(missing_ok=True)
    link = home.bin / "pulumi"
    aside = home.bin / f".pulumi-{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(engine.path)
    aside.rename(link)
    if engine.own_language_host:
        write_executable(_language_host(home), language_host_script())
    else:
        shutil.rmtree(_language_host(home).parent, ignore_errors=True)
    record = {**asdict(engine), "path": str(engine.path), "identity": _identity(engine.path)}
    write_text(_record(home), json.dumps(record, indent=2) + "\n")


def _language_host_current(home: Home, engine: EngineBinary) -> bool:
    host = _language_host(home)
    if not engine.own_language_host:
        return not host.exists()
    return host.read_text() == language_host_script()


def _language_host(home: Home) -> Path:
    """A plugin of the rehearsal's PULUMI_HOME: on PATH it would be used too, with a warning on every run."""
    return home.pulumi_home / "plugins" / f"language-python-v{pin.VERSION}" / "pulumi-language-python"


def _record(home: Home) -> Path:
    return home.bin / "engine.json"


def _identity(path: Path) -> list[int]:
    """A text that is another one when the file is replaced."""
    stat = path.stat()
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns]
