"""``python -m training.jobs.transfer``: orders to the arrivals bucket; runs in the private site."""

from __future__ import annotations

from isthmus.object_store import aws_client, client_for_orders
from training.job_runtime import Environment, run_job
from training.orders.source import open_source
from training.settings import parse
from training.transfer.bucket import BatchBucket
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer
from training.transfer.upload_limits import UploadLimits


def main(environment: Environment) -> int:
    """Transfer; 0 when the manifests are there. With DRY_RUN=1 it only says what it would do."""
    settings = parse(environment["TRAINING_SETTINGS"])
    # The limit is for the link; the private store is on this side of it.
    near = UploadLimits(settings.transfer.model_copy(update={"bytes_per_second": None}))
    transfer(
        source=open_source(environment["ORDERS_URL"], environment),
        pseudonyms=Pseudonyms(environment["PSEUDONYM_KEY"]),
        settings=settings,
        arrivals=BatchBucket(
            environment["ARRIVALS_BUCKET"], aws_client(), True, UploadLimits(settings.transfer)
        ),
        private=BatchBucket(environment["PRIVATE_BUCKET"], client_for_orders(environment), False, near),
        dry_run=environment.get("DRY_RUN", "").lower() in {"1", "true", "yes"},
    )
    return 0


if __name__ == "__main__":
    run_job(main)
