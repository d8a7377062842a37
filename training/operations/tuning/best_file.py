"""The best settings as a file that a pull request can carry."""

from __future__ import annotations

from pathlib import Path

from isthmus.atomic_files import atomic_write
from isthmus.outputs import refuse_as_file
from isthmus.stack_files import write
from training.errors import TrainingError
from training.operations.tuning.study import Row, Study

FIRST_LINE = "# Made by isthmus tune"


def write_best(path: Path, study: Study, best: Row) -> None:
    """Write the best trial's settings to a file.

    Raises:
        TrainingError: when the file is there and was not made by this.
    """
    refuse_other_file(path)
    atomic_write(path, best_text(study, best))


def best_text(study: Study, best: Row) -> bytes:
    """The best trial's settings in the form of a stack file's section ``isthmus:training``."""
    manifest, held_back = (study.workspace.manifest(held_back=part).batches for part in (False, True))
    settings = {**best.parameters, "epochs": best.epochs}
    head = (
        f"{FIRST_LINE}: trial {best.number} of study {study.name}.\n"
        f"# recall@20 {best.recall:.4f} on the orders of {held_back[0].day} to {held_back[-1].day}, "
        f"learned from {manifest[0].day} to {manifest[-1].day}.\n"
        "# Put these keys under isthmus:training of stacks/Pulumi.STACK.yaml.\n"
    )
    return write({"config": {"isthmus:training": settings}}, head=head).encode()


def refuse_other_file(path: Path) -> None:
    """Never write over what somebody else wrote, such as a stack file.

    Raises:
        TrainingError: when there is such a file.
        WrongData: when no file can be written there.
    """
    refuse_as_file(path, "name another file with --out")
    if path.exists() and not path.read_text(errors="replace").startswith(FIRST_LINE):
        raise TrainingError(
            f"{path} was not made by `isthmus tune`, so it stays; name another file with --out"
        )
