"""Containers are buckets of a real S3-speaking server on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.backend import Refused
from rehearsal.plugins.openstack.object_store import s3
from rehearsal.plugins.openstack.record import write_settings
from rehearsal.plugins.openstack.tokens import CONTAINER
from tests.rehearsal.plugins.openstack.cloud import Cloud


@pytest.fixture
def url(cloud: Cloud) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    write_settings(cloud.home.openstack, object_store_url=url)
    yield url
    moto_server.stop(cloud.home.openstack)


def test_a_container_is_a_bucket(cloud: Cloud, url: str) -> None:
    made = cloud.create(CONTAINER, "it", {"name": "raw-orders", "versioning": True})
    store = s3(url)
    assert store.get_bucket_versioning(Bucket="raw-orders")["Status"] == "Enabled"
    cloud.update(made, {"name": "raw-orders", "versioning": False})
    assert store.get_bucket_versioning(Bucket="raw-orders")["Status"] == "Suspended"

    store.put_object(Bucket="raw-orders", Key="a", Body=b"1")
    with pytest.raises(Refused, match=r"409: container 'raw-orders' is not empty"):
        cloud.backend.delete(made)
    assert cloud.backend.read(made) is not None

    kept = cloud.update(made, {"name": "raw-orders", "forceDestroy": True})
    cloud.backend.delete(kept)
    with pytest.raises(ClientError, match="Not Found"):
        store.head_bucket(Bucket="raw-orders")
    cloud.backend.delete(kept)

    with pytest.raises(Refused, match=r"'Raw_Orders', which the S3 side of Swift does not take"):
        cloud.create(CONTAINER, "other", {"name": "Raw_Orders"})

    # Deleted behind the plugin's back: gone, and made again.
    again = cloud.create(CONTAINER, "again", {"name": "reports"})
    store.delete_bucket(Bucket="reports")
    assert cloud.backend.read(again) is None

    # A restarted store has lost its buckets; those of the record come back by themselves.
    cloud.backend.delete(again)
    again = cloud.create(CONTAINER, "again", {"name": "reports"})
    moto_server.stop(cloud.home.openstack)
    assert cloud.backend.read(again) is not None
    assert [bucket["Name"] for bucket in store.list_buckets()["Buckets"]] == ["reports"]


def test_an_address_beyond_this_machine_is_refused(cloud: Cloud) -> None:
    write_settings(cloud.home.openstack, object_store_url="http://192.0.2.1:80")
    with pytest.raises(Refused, match=r"192\.0\.2\.1"):
        cloud.create(CONTAINER, "it", {"name": "raw-orders"})
    assert not cloud.backend.record.read().entries
