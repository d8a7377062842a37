"""``python -m training.jobs.validate``: judge the candidate on held-back orders, and sign it.

Runs in the private site: held-back orders and the signing key never leave it. Exit codes: 0 signed and in
service; 64 wrong input; 77 refused by a gate.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import pandas as pd

from isthmus.errors import StoreFailed
from isthmus.exit_codes import EXIT_REFUSED
from isthmus.object_store import aws_client, client_for_orders
from training.errors import TrainingError
from training.job_runtime import Environment, run_job
from training.orders.source import open_source
from training.release import ReleaseError, Store, sign, verify
from training.settings import parse
from training.transfer.batch import from_parquet
from training.transfer.bucket import BatchBucket
from training.transfer.manifest import HELD_BACK_MANIFEST_KEY, TransferManifest
from training.transfer.pseudonym import Pseudonyms
from training.validation.load_window import read_window
from training.validation.report import HTML, MARKDOWN
from training.validation.validate_release import validate_release

logger = logging.getLogger(__name__)


def main(environment: Environment) -> int:
    """Validate; returns the exit code."""
    settings = parse(environment["TRAINING_SETTINGS"])
    store = Store(environment["RELEASES_BUCKET"], aws_client())
    private = BatchBucket(environment["PRIVATE_BUCKET"], client_for_orders(environment), False)
    key = environment["SIGNING_KEY"]
    name = environment.get("CANDIDATE", "train")
    candidate = store.candidate(name)
    if candidate is None:
        raise TrainingError(
            f"s3://{store.bucket}/candidates/{name}.json is not there; run the training first"
        )
    digest = candidate["digest"]
    held_back = read_held_back(private)
    with tempfile.TemporaryDirectory() as folder:
        release = store.pull(digest, Path(folder))
        manifest = verify(release, digest)
        last_day = manifest.window.last_day
        if not held_back.empty and held_back["at"].min().date() <= last_day:
            raise TrainingError(
                f"the release learned from orders to {last_day}, but orders are held back from "
                f"{held_back['at'].min().date()} on; run transfer and training again"
            )
        if settings.orders_url is None:
            raise TrainingError("TRAINING_SETTINGS has no orders_url; baselines are fitted on the raw orders")
        source = open_source(settings.orders_url, environment)
        interactions = read_window(source, Pseudonyms(environment["PSEUDONYM_KEY"]), release)
        other = in_service(store, digest, Path(folder))
        judged = validate_release(release, manifest, held_back, interactions, settings.gates, other)
    for line in judged.lines():
        logger.info(line)
    where = f"reports/{digest.removeprefix('sha256:')}/"
    private.put(where + HTML, judged.report.html.encode())
    private.put(where + MARKDOWN, judged.report.markdown.encode())
    logger.info(f"report: s3://{private.name}/{where}{HTML}")
    store.set_validation(digest, judged.as_plain())
    if judged.refusals:
        print(f"isthmus: {digest} is refused: {'; '.join(judged.refusals)}", file=sys.stderr, flush=True)
        return EXIT_REFUSED
    existing = store.signature(digest)
    signature = existing if existing is not None and _is_ours(existing.keyid, key) else sign(digest, key)
    store.sign(signature)
    store.set_latest(signature)
    logger.info(f"signed {digest} with key {signature.keyid}; it is in service")
    return 0


def in_service(store: Store, candidate: str, folder: Path) -> Path | None:
    """The release in service, pulled to compare with; None where there is none, or it is the candidate.

    One that cannot be read is no reason to refuse its successor: it is told, and left out.
    """
    latest = store.latest()
    if latest is None or latest["digest"] == candidate:
        return None
    try:
        return store.pull(latest["digest"], folder)
    except (ReleaseError, StoreFailed) as error:
        logger.info(f"the release in service is not compared: {error}")
        return None


def read_held_back(private: BatchBucket) -> pd.DataFrame:
    """The orders that were held back by the last transfer.

    Raises:
        TrainingError: when there are none.
    """
    where = f"s3://{private.name}/{HELD_BACK_MANIFEST_KEY}"
    content = private.get(HELD_BACK_MANIFEST_KEY)
    if content is None:
        raise TrainingError(f"{where} is not there; run the transfer first")
    manifest = TransferManifest.from_bytes(content, where)
    if not manifest.batches:
        raise TrainingError(f"{where} lists no batch: training.hold_back_days is 0, so nothing can be judged")
    return pd.concat([from_parquet(private.batch(batch)) for batch in manifest.batches], ignore_index=True)


def _is_ours(keyid_of_signature: str, private_key: str) -> bool:
    from training.release import keyid, public_key

    return keyid(public_key(private_key)) == keyid_of_signature


if __name__ == "__main__":
    run_job(main)
