"""What the rehearsed OpenStack cloud holds: one JSON file, safe against threads, processes and kills.

Every change happens under a file lock, is written beside the record, flushed and renamed over it: a reader
sees the old record or the new one, and a process killed at any moment leaves one of the two. The file may
hold secrets of the rehearsal (pre-shared keys, payloads), so only its owner may read it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from isthmus.atomic_files import atomic_write
from rehearsal.plugins.backend import BackendLost, Properties

LOCK_SECONDS = 60.0


@dataclass
class Entry:
    """One resource that was made: its inputs and what the cloud added (camelCase)."""

    type: str
    id: str
    inputs: Properties
    computed: Properties = field(default_factory=dict)
    urn: str = ""

    @property
    def outputs(self) -> Properties:
        """Everything the resource shows; an input stands over a computed value of the same name."""
        return {**self.computed, **self.inputs}

    @property
    def title(self) -> str:
        """How a sentence names it: its own name where it has one, and its id."""
        name = self.outputs.get("name")
        return f"{name!r} ({self.id})" if name and name != self.id else f"'{self.id}'"


@dataclass
class Content:
    """The whole record in memory; ``entries`` by (type token, id), ``instance`` tells records apart."""

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    secrets: dict[str, Properties] = field(default_factory=dict)
    instance: str = field(default_factory=lambda: uuid.uuid4().hex)

    def get(self, type: str, id: str) -> Entry | None:
        """The entry, or None."""
        return self.entries.get((type, id))

    def of(self, type: str) -> Iterator[Entry]:
        """All entries of one type, in the order of their making."""
        return (entry for (kind, _), entry in self.entries.items() if kind == type)

    def put(self, entry: Entry) -> None:
        """Add the entry, or replace the one of the same type and id."""
        self.entries[(entry.type, entry.id)] = entry

    def drop(self, entry: Entry) -> None:
        """Remove the entry; what is gone already is no error."""
        self.entries.pop((entry.type, entry.id), None)


class Record:
    """The record of one rehearsal home.

    >>> with Record(path).change() as content:
    ...     content.put(entry)
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded here (and not cleared since)."""
        return self.path.exists()

    def read(self) -> Content:
        """The record as it is now; empty where there is none. Needs no lock: files are replaced whole.

        Raises BackendLost where the file cannot be understood.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Content()
        try:
            raw = json.loads(text)
            entries = [Entry(**item) for item in raw["resources"]]
            return Content({(e.type, e.id): e for e in entries}, dict(raw["secrets"]), str(raw["instance"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BackendLost(
                f"{self.path} is no record of a rehearsed OpenStack cloud ({error}); "
                "remove it and run `pulumi refresh`, which tells the stack's state that all is gone"
            ) from error

    def instance(self) -> str:
        """What tells this record from one that was begun anew; "" where there is none."""
        return self.read().instance if self.exists else ""

    @contextmanager
    def change(self) -> Iterator[Content]:
        """Read, let the caller change, write. Nothing is written when the body raises, nothing is left of an
        empty record."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS):
            content = self.read()
            before = _as_json(content)
            yield content
            after = _as_json(content)
            if not content.entries and not content.secrets:
                self.path.unlink(missing_ok=True)
            elif after != before:
                write_aside(self.path, after)


def _as_json(content: Content) -> str:
    resources = [asdict(entry) for entry in content.entries.values()]
    return json.dumps(
        {"instance": content.instance, "resources": resources, "secrets": content.secrets}, indent=1
    )


def write_aside(path: Path, text: str) -> None:
    """Replace ``path`` whole, readable by its owner alone. The caller holds whatever lock is due."""
    atomic_write(path, text.encode(), 0o600)


def read_settings(folder: Path) -> Mapping[str, Any]:
    """``settings.json`` beside the record (what the rehearsal's set-up tells the plugin); {} where absent."""
    try:
        settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return settings if isinstance(settings, dict) else {}


def write_settings(folder: Path, *, object_store_url: str) -> None:
    """Tell the plugin where the rehearsed private object store listens (an address of this machine)."""
    folder.mkdir(parents=True, exist_ok=True)
    write_aside(folder / "settings.json", json.dumps({"object_store_url": object_store_url}, indent=1))
