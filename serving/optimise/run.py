"""Optimise a release: make variants, measure them side by side, choose, write aside, rename."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from isthmus.atomic_files import atomic_directory
from isthmus.file_digest import sha256_of
from isthmus.progress import Progress
from serving.optimise.choice import Rule
from serving.optimise.errors import NotMade, OptimiseRefused
from serving.optimise.quality import Quality, numbers_bought, quality
from serving.optimise.record import DOMAIN, RECORD, Machine, Optimised
from serving.optimise.rows import Measured, Row, Table
from serving.optimise.sessions import AT_ONCE, answers, opened
from serving.optimise.stages import Answer, Stage, stages_of
from serving.optimise.timing import time_by_turns
from serving.optimise.variants import ORIGINAL, Make, variants_of
from training.release import File, Manifest, sign, write_signature

logger = logging.getLogger(__name__)

WHAT = "folder of optimised models"
SEED = 20


@dataclass(frozen=True)
class Effort:
    """How much is asked.

    Attributes:
        customers: most customers whose answers are compared.
        calibration: most customers by whose questions ranges are found.
        turns: questions of one customer that are timed; of 32, half as many.
    """

    customers: int = 1000
    calibration: int = 256
    turns: int = 200


def optimise(
    release: Path,
    manifest: Manifest,
    out: Path,
    rule: Rule,
    bought: Mapping[str, set[str]] | None = None,
    effort: Effort = Effort(),
    signing_key: str | None = None,
) -> Optimised:
    """Make, measure and choose; ``out`` is replaced when all is done, and not touched before.

    Args:
        release: directory of a release that was verified.
        manifest: that of the release.
        out: folder beside it.
        rule: which variant is chosen.
        bought: pseudonym -> codes of the products bought after the release's window; None judges by the
            overlap with the original's answers.
        effort: how much is asked.
        signing_key: base64 seed that signs the record; None signs nothing.

    Raises:
        OptimiseRefused: when there is nobody to ask for.
    """
    onnxruntime.set_default_logger_severity(3)  # its tools warn of what their own steps leave behind
    with atomic_directory(out, RECORD, WHAT) as aside, tempfile.TemporaryDirectory() as folder:
        tables = []
        for stage in stages_of(release):
            made = Path(folder) / stage.name
            made.mkdir()
            table = _table(release / stage.file, stage, made, rule, bought, effort)
            shutil.copyfile(made / f"{table.chosen}.onnx", aside / stage.file)
            tables.append(table)
        record = Optimised(
            release=manifest.digest(),
            measured_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            machine=_machine(),
            versions={"python": platform.python_version()}
            | {name: version(name) for name in ("isthmus", "numpy", "onnx", "onnxruntime")},
            rule=rule,
            tables=tuple(tables),
            files=tuple(
                File(path=path.name, size=path.stat().st_size, sha256=sha256_of(path))
                for path in sorted(aside.iterdir())
            ),
        )
        (aside / RECORD).write_bytes(record.to_bytes())
        if signing_key:
            write_signature(aside, sign(record.digest(), signing_key, domain=DOMAIN))
    return record


def _table(
    original: Path,
    stage: Stage,
    made: Path,
    rule: Rule,
    bought: Mapping[str, set[str]] | None,
    effort: Effort,
) -> Table:
    wanted = numbers_bought(stage.customers, stage.numbers, bought) if bought is not None else None
    asked, calibration = _customers(stage, wanted, effort)
    variants = variants_of(stage, calibration)
    stage_name = f"{stage.name.replace('_', ' ')} variants"
    judged = [wanted[row] for row in asked] if wanted is not None else None
    sessions, failed, found = {}, dict[str, str](), dict[str, Quality]()
    original_answers: list[Answer] = []
    for number, variant in enumerate(variants, 1):
        if isinstance(variant.make, str):
            failed[variant.name] = variant.make
            continue
        try:
            session = _made(variant.make, original, made / f"{variant.name}.onnx")
            replies = answers(session, stage, asked)
            original_answers = original_answers or replies
            found[variant.name] = quality(original_answers, replies, judged)
            sessions[variant.name] = session
        except NotMade as reason:
            failed[variant.name] = str(reason)
        except Exception as error:  # whatever a library finds wrong with one variant must not lose the others
            if variant.name == ORIGINAL:
                raise
            failed[variant.name] = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        logger.info(Progress(stage_name, number, len(variants), variant.name))
    timed = {}
    for batch, turns in ((1, effort.turns), (AT_ONCE, max(1, effort.turns // 2))):
        timed[batch] = time_by_turns(sessions, stage, asked, batch, turns)
        logger.info(
            f"{stage.name}: {turns} turns of {batch} customers timed, {len(sessions)} variants in each"
        )
    rows = [
        Row(variant=variant.name, what=variant.what, unmeasured=failed[variant.name])
        if variant.name in failed
        else Row(
            variant=variant.name,
            what=variant.what,
            measured=Measured(
                bytes=(file := made / f"{variant.name}.onnx").stat().st_size,
                sha256=sha256_of(file),
                quality=found[variant.name],
                batch_1=timed[1][variant.name],
                batch_32=timed[AT_ONCE][variant.name],
            ),
        )
        for variant in variants
    ]
    return Table(
        stage=stage.name,
        file=stage.file,
        judged_by="overlap" if wanted is None else "purchases",
        customers=len(asked),
        rows=tuple(rows),
        chosen=rule.choose(rows),
    )


def _made(make: Make, original: Path, made: Path) -> Any:
    """A session of a variant, made now."""
    make(original, made)
    return opened(made)


def _customers(
    stage: Stage, wanted: Mapping[int, set[int]] | None, effort: Effort
) -> tuple[list[int], Sequence[int]]:
    """Whose answers are compared, and others by whose questions ranges are found, drawn by a fixed seed.

    Raises:
        OptimiseRefused: when there are too few.
    """
    order = [int(row) for row in np.random.default_rng(SEED).permutation(len(stage.customers))]
    can_be_judged = order if wanted is None else [row for row in order if row in wanted]
    if wanted is not None and not can_be_judged:
        raise OptimiseRefused(
            f"none of the {len(order)} customers of {stage.file} bought one of its products in the orders "
            "after the release's window; name the orders and the key that it was made with, or no orders, to "
            "judge by the overlap of answers"
        )
    if len(order) < 2:
        raise OptimiseRefused(f"{stage.file} knows {len(order)} customers; 2 or more are needed to measure")
    # A fifth at least is kept for the ranges, so that no variant is judged by what it was fitted to.
    asked = can_be_judged[: min(effort.customers, max(1, len(order) * 4 // 5))]
    others = set(asked)
    return asked, [row for row in order if row not in others][: effort.calibration]


def _machine() -> Machine:
    processor = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in described.read_text().splitlines()
            if "model name" in line
        ]
        processor = names[0] if names else processor
    return Machine(
        processor=processor,
        cores=os.cpu_count() or 1,
        system=platform.platform(terse=True),
        load=round(os.getloadavg()[0], 2),
    )
