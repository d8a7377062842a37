"""``python -m training.jobs.rank``: add the ranking stage to a candidate; runs in the private site.

It learns from raw orders, those without a customer and cancellations among them, which never leave the site.
What it reads: the candidate CANDIDATE. What it leaves: the candidate RANKED_CANDIDATE, the same release with
the ranking stage, or the same release where the orders are too few days for one. Exit codes: 0 done; 64 wrong
input. Started again, it finds its own result; stopped in between, it begins anew, unless WORK names a folder
that outlives it: the windows that were made are kept there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from isthmus.object_store import aws_client
from isthmus.source_digest import source_digest
from training.digest_scopes import RANKING
from training.errors import TrainingError
from training.job_runtime import Environment, run_job
from training.orders.settings import VARIABLE
from training.orders.settings import parse as parse_orders
from training.orders.source import open_source
from training.ranking.settings import RankingSettings
from training.ranking.stage import add_ranking, has_enough_days
from training.ranking.train import NothingToRank
from training.release import Manifest, ReleaseError, Store
from training.release.directory import VALIDATION
from training.release.signature import SIGNATURE
from training.settings import TrainingSettings, Window, parse
from training.transfer.pseudonym import Pseudonyms

logger = logging.getLogger(__name__)


def main(environment: Environment, ranking: RankingSettings | None = None) -> int:
    """Rank; returns the exit code. ``ranking``: None for the defaults."""
    ranking = ranking or RankingSettings()
    settings = parse(environment["TRAINING_SETTINGS"])
    store = Store(environment["RELEASES_BUCKET"], aws_client())
    name, ranked = environment["CANDIDATE"], environment["RANKED_CANDIDATE"]
    candidate = store.candidate(name)
    if candidate is None:
        raise TrainingError(
            f"s3://{store.bucket}/candidates/{name}.json is not there; run the training first"
        )
    digest = candidate["digest"]
    orders_format = parse_orders(environment.get(VARIABLE)).recorded()
    run = _fingerprint(digest, ranking, orders_format)
    if _is_done(store, ranked, run):
        logger.info(f"candidate {ranked} was made from {digest} by the same code; nothing to do")
        return 0
    if settings.orders_url is None:
        raise TrainingError("TRAINING_SETTINGS has no orders_url; the ranking is trained on the raw orders")
    source = open_source(settings.orders_url, environment)
    learned = _as_learned(settings, store.manifest(digest))
    pseudonyms = Pseudonyms(environment["PSEUDONYM_KEY"])

    def without(why: str) -> int:
        store.set_candidate(ranked, digest, run=run, ranked=False)
        logger.info(f"no ranking stage: {why}; {digest} goes on as it is")
        return 0

    if not has_enough_days(source, learned, ranking):
        return without("it needs orders of more days than these")
    with tempfile.TemporaryDirectory() as folder:
        release = store.pull(digest, Path(folder))
        for later in (VALIDATION, SIGNATURE):
            (release / later).unlink(missing_ok=True)  # of the release without the stage
        windows = Path(environment.get("WORK", folder)) / "windows"
        try:
            add_ranking(release, source, learned, ranking, pseudonyms, windows)
        except NothingToRank as nothing:
            return without(str(nothing))
        with_stage = store.push(release)
    store.set_candidate(ranked, with_stage, run=run, ranked=True)
    logger.info(f"release {with_stage} is {digest} with the ranking stage")
    return 0


def _as_learned(settings: TrainingSettings, release: Manifest) -> TrainingSettings:
    """Settings under which the ranking learns up to the release's last day, and no further.

    Days that arrived since the transfer must not move the days that are held back.
    """
    if settings.hold_back_days == 0:
        last = release.window.last_day
    else:
        last = release.window.last_day + timedelta(days=settings.hold_back_days)
    window = Window(first_day=settings.window.first_day, last_day=last)
    return settings.model_copy(update={"window": window})


def _fingerprint(candidate: str, ranking: RankingSettings, orders_format: Mapping[str, Any]) -> str:
    """Names the run: the candidate (so its orders), how they are read, the stage's settings, and its code."""
    identity = [candidate, ranking.model_dump(mode="json"), source_digest(*RANKING)]
    text = json.dumps([*identity, orders_format] if orders_format else identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_done(store: Store, ranked: str, run: str) -> bool:
    found = store.candidate(ranked)
    if found is None or found.get("run") != run:
        return False
    try:
        store.manifest(found["digest"])
    except ReleaseError:
        return False
    return True


if __name__ == "__main__":
    run_job(main)
