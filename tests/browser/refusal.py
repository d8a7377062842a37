"""``python -m tests.browser.refusal PICTURE.png``: the report of a model that learned too little.

Trains on the sample twice: with the defaults, and with one epoch at a learning rate of a millionth. The
second is judged beside the first, as the validation job would.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tests.browser.chromium import NONE, browser, find
from tests.browser.looking import picture
from tests.training.shops import SAMPLE
from training.jobs.local.run import train_here
from training.orders.source import Folder
from training.release import verify
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms
from training.validation.load_window import read_holdout, read_window
from training.validation.report import HTML
from training.validation.validate_release import validate_release

WORSE = TrainingSettings(epochs=1, learning_rate=1e-6, embedding_dim=4)
PSEUDONYMS = Pseudonyms("a key of the private site")
HEIGHT = 1720
"""CSS pixels: the gates, the tables and their plots."""


def main(out: Annotated[Path, typer.Argument(help="The PNG to write.")]) -> None:
    """Train, judge, take the picture."""
    program = find()
    if program is None:
        raise SystemExit(NONE)
    source = Folder(SAMPLE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for release, settings in (("good", TrainingSettings()), ("worse", WORSE)):
            train_here(source, settings, PSEUDONYMS, folder / "work", folder / release, ranking=None)
        worse = folder / "worse"
        judged = validate_release(
            release=worse,
            manifest=verify(worse),
            holdout=read_holdout(source, PSEUDONYMS, worse, 31),
            interactions=read_window(source, PSEUDONYMS, worse),
            gates=WORSE.gates,
            in_service=folder / "good",
        )
        print("\n".join(judged.lines()))
        judged.report.write(folder)
        with browser(program) as page:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(picture(page, folder / HTML, height=HEIGHT))


if __name__ == "__main__":
    typer.run(main)
