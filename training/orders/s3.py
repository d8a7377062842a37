"""The private object store, spoken to through its S3 API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def client_for_orders(environment: Mapping[str, str]) -> Any:
    """A client for the private site's store.

    Takes ORDERS_ENDPOINT_URL, ORDERS_ACCESS_KEY_ID and ORDERS_SECRET_ACCESS_KEY; what is absent is left to
    the usual AWS variables. Checksums are sent only where the API requires them: not every S3-speaking store
    knows the newer ones.

    Raises:
        TrainingError: when the address is none, or a profile or a setting of AWS is not there.
    """
    import boto3
    from botocore.config import Config

    from training.jobs.job_runtime import retries
    from training.s3_errors import making_a_client

    with making_a_client(environment, "ORDERS_ENDPOINT_URL"):
        return boto3.client(
            "s3",
            endpoint_url=environment.get("ORDERS_ENDPOINT_URL") or None,
            aws_access_key_id=environment.get("ORDERS_ACCESS_KEY_ID") or None,
            aws_secret_access_key=environment.get("ORDERS_SECRET_ACCESS_KEY") or None,
            region_name=environment.get("AWS_REGION") or "us-east-1",
            config=Config(
                s3={"addressing_style": "path"},
                retries=retries(environment),
                connect_timeout=10,
                read_timeout=60,
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
