"""The rehearsed private object store: Swift speaks the S3 API, so a moto server of its own stands in.

Where ``settings.json`` beside the record names no address, there is no store, and a container is a line of
the record alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.backend import Properties, Refused
from rehearsal.plugins.openstack.record import Record, read_settings, write_aside
from rehearsal.plugins.openstack.tokens import CONTAINER

GONE = ("404", "NoSuchBucket")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # Swift's dns_compliant_bucket_names
NOT_EMPTY = "BucketNotEmpty"


def address(folder: Path) -> str:
    """Where the store listens, "" where none is rehearsed."""
    return str(read_settings(folder).get("object_store_url") or "")


def client(folder: Path) -> Any | None:
    """An S3 client on the running store, started where it is not; None where none is rehearsed.

    A store that was restarted has forgotten its buckets: those of the record are made again (empty).
    Raises Refused for an address beyond this machine.
    """
    url = address(folder)
    if not url:
        return None
    run = moto_server.ensure(folder, url)
    store = s3(url)
    noted = folder / "object-store-run"
    if not noted.exists() or noted.read_text(encoding="utf-8") != run:
        for entry in Record(folder / "record.json").read().of(CONTAINER):
            _make(store, entry.inputs)
        write_aside(noted, run)
    return store


def s3(url: str) -> Any:
    """An S3 client on a store of the rehearsal."""
    # Here, not above: the plugin starts at every up, and most of them touch no object store.
    import boto3
    import botocore.session
    from botocore.config import Config

    # Whatever profile and files the user has for real accounts, none of them is read.
    nothing = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "ca_bundle": (None, None, None, None),
    }
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=nothing)).client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",  # the only region that S3 takes without a location constraint
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",  # noqa: S106 - moto takes any
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 4, "mode": "standard"}),
    )


def _make(store: Any, inputs: Mapping[str, Any]) -> None:
    with suppress(store.exceptions.BucketAlreadyOwnedByYou, store.exceptions.BucketAlreadyExists):
        store.create_bucket(Bucket=inputs["name"])
    status = "Enabled" if inputs.get("versioning") else "Suspended"
    store.put_bucket_versioning(Bucket=inputs["name"], VersioningConfiguration={"Status": status})


class Buckets:
    """The calls behind a container: one bucket of the store."""

    def create(self, folder: Path, inputs: Properties) -> None:
        """Make the bucket or bring it up to date. Raises Refused for a name that S3 does not take."""
        store = client(folder)
        if store is None:
            return
        if not BUCKET.fullmatch(inputs["name"]):
            raise Refused(
                f"`name` is {inputs['name']!r}, which the S3 side of Swift does not take: "
                "it must be 3 to 63 of a-z, 0-9, '.' and '-', a letter or digit at both ends",
                property="name",
            )
        _make(store, inputs)

    change = create

    def exists(self, folder: Path, inputs: Properties) -> bool:
        """Whether the bucket is there; yes where no store is rehearsed."""
        store = client(folder)
        if store is None:
            return True
        try:
            store.head_bucket(Bucket=inputs["name"])
        except store.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return False
            raise
        return True

    def delete(self, folder: Path, inputs: Properties) -> None:
        """Remove the bucket; its objects only where ``forceDestroy``, else Refused (409) where it has any."""
        store = client(folder)
        if store is None:
            return
        name = inputs["name"]
        try:
            if inputs.get("forceDestroy"):
                _empty(store, name)
            store.delete_bucket(Bucket=name)
        except store.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if code == NOT_EMPTY:
                raise Refused(
                    f"409: container {name!r} is not empty: empty it, or run up with `forceDestroy` first"
                ) from None
            if code not in GONE:
                raise


def _empty(store: Any, name: str) -> None:
    for page in store.get_paginator("list_object_versions").paginate(Bucket=name):
        doomed = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        ]
        if doomed:
            store.delete_objects(Bucket=name, Delete={"Objects": doomed, "Quiet": True})
