"""Writes the definitions of a chart's kinds anew, from files of its project."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from isthmus.atomic_files import atomic_write
from rehearsal.plugins.kubernetes.definitions import FOLDER, without_descriptions


def main(chart: str, source: str, *files: str) -> None:
    """``source`` is where the files are from, for a comment at the head of each."""
    folder = FOLDER / chart
    folder.mkdir(exist_ok=True)
    for file in files:
        found = without_descriptions(yaml.safe_load(Path(file).read_text()))
        text = yaml.safe_dump(found, sort_keys=False, width=118)
        head = f"# {source}, without descriptions. Apache License 2.0.\n"
        atomic_write(folder / f"{found['metadata']['name']}.yaml", (head + text).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
