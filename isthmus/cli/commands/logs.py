"""``isthmus logs``: what the pods of the rehearsal said."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rehearsal.cluster.overview import PodLine

_LOOK_SECONDS = 0.2


def logs(
    pod: Annotated[
        str, typer.Argument(help="A pod's name, its beginning or its words (train-0); none: every pod.")
    ] = "",
    previous: Annotated[
        bool, typer.Option("--previous", "-p", help="The run before the last restart.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the pods have ended, or Ctrl-C.")
    ] = False,
    site: Annotated[
        Literal["aws", "openstack"] | None, typer.Option(help="Only the pods of this site.")
    ] = None,
) -> None:
    """Print the logs of pods, each line after its pod where there are several.

    Example:  isthmus logs train-0 --follow
    """
    from isthmus.cli.errors import CommandError
    from rehearsal.cluster.overview import awaited, log_files, named, pod_lines
    from rehearsal.home import Home

    home = Home.find()
    if not named(home, pod, site) and not (follow and awaited(home, pod, site)):
        _refuse(pod, pod_lines(home, site), site)
    places: dict[Path, int] = {}
    while True:
        # Looked at first: what a pod wrote before it ended is printed all the same.
        ended = all(line.ended for line in named(home, pod, site)) and not awaited(home, pod, site)
        files = log_files(home, pod, previous=previous, site=site)
        for file in files:
            places[file] = _print_from(file, places.get(file, 0), len(files) > 1)
        if not follow:
            if not files:
                what = "was restarted" if previous else "was said"
                raise CommandError(f"nothing {what} by these pods; `isthmus status` says what they do")
            return
        if ended:
            return
        time.sleep(_LOOK_SECONDS)


def _refuse(pod: str, pods: list[PodLine], site: str | None) -> None:
    from isthmus.cli.errors import CommandError

    where = f" in {site}" if site else ""
    if not pods:
        raise CommandError(f"no pod has run yet{where}; `isthmus rehearse` starts the estate")
    names = ", ".join(line.name for line in pods)
    raise CommandError(f"no pod's name begins with {pod!r} or has its words{where}; there are: {names}")


def _print_from(file: Path, place: int, named: bool) -> int:
    """Print a log's whole lines from a place in it; returns where the next one begins. A log that was begun
    anew is read from its start."""
    try:
        with file.open("rb") as log:
            size = log.seek(0, 2)
            place = 0 if size < place else place
            log.seek(place)
            text = log.read(size - place)
    except FileNotFoundError:
        return 0  # the container starts anew just now
    if not text:
        return place
    end = text.rfind(b"\n") + 1
    # A last line without an end is printed when nothing more has come since the last look.
    text = text[:end] if end else text
    before = f"{file.parent.name}/{file.name.partition('.')[0]}  " if named else ""
    for line in text.decode(errors="replace").splitlines():
        typer.echo(f"{before}{line}")
    return place + len(text)
