"""``python -m training.jobs.transfer``: orders to the arrivals bucket; runs in the private site."""

from __future__ import annotations

from functools import partial

from training.environment import Environment, aws_client, run_job
from training.orders.s3 import client_for_orders
from training.orders.source import open_source
from training.settings import parse
from training.transfer.bucket import BatchBucket
from training.transfer.pseudonym import Pseudonyms
from training.transfer.run import transfer


def main(environment: Environment) -> int:
    """Transfer; 0 when the manifests are there."""
    private = BatchBucket(
        environment["PRIVATE_BUCKET"], client_for_orders(environment), server_checksums=False
    )
    transfer(
        source=open_source(environment["ORDERS_URL"], environment),
        pseudonyms=Pseudonyms(environment["PSEUDONYM_KEY"]),
        settings=parse(environment["TRAINING_SETTINGS"]),
        arrivals=BatchBucket(environment["ARRIVALS_BUCKET"], aws_client(), server_checksums=True),
        private=private,
        say=partial(print, flush=True),
    )
    return 0


if __name__ == "__main__":
    run_job(main)
