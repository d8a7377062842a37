"""What the company of a rehearsal has before the estate: its log of orders, and its keys.

The orders go into the rehearsed private object store as the pre-existing bucket ``shop-orders``; the keys are
the throw-away ones of ``stacks/Pulumi.local.yaml``, for anyone to read, and protect nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from isthmus.errors import IsthmusError
from rehearsal.home import Home
from rehearsal.openstack_services import choice
from rehearsal.openstack_services.choice import Behind
from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.openstack.object_store import s3
from rehearsal.plugins.openstack.record import write_settings
from rehearsal.plugins.openstack.seed import seed_secret

BUCKET: Final = "shop-orders"
PREFIX: Final = "online-retail/"
SECRET_NAME: Final = "isthmus-keys"  # noqa: S105 - the name of a secret, not one
PUTS_AT_ONCE: Final = 4

_PSEUDONYM_SENTENCE: Final = b"pseudonyms of a rehearsal, open!"
_SIGNING_SENTENCE: Final = b"isthmus rehearsal, not a secret!"


class NoOrders(IsthmusError):
    """The folder holds no file of orders; the message says what is looked for."""


@dataclass(frozen=True)
class Seeded:
    """What ``seed`` did: files put, kept and removed, bytes of all files, the orders' address and version.

    ``version`` is of the content: 16 hexadecimal digits of a SHA-256 over all files.
    """

    put: int
    kept: int
    removed: int
    bytes: int
    url: str = f"s3://{BUCKET}/{PREFIX}"
    version: str = ""


@dataclass(frozen=True)
class ThrowAwayKeys:
    """Keys of a rehearsal, base64: a pseudonym key, the seed of an Ed25519 key, its public key."""

    pseudonym: str
    signing: str
    public: str


def order_files(folder: Path) -> list[Path]:
    """The by-day files in ``folder`` or its ``by-day``, by name. Raises NoOrders where there is none."""
    for place in (folder, folder / "by-day"):
        if files := sorted(place.glob("????-??-??.csv.gz")):
            return files
    raise NoOrders(f"{folder} holds no orders: expected files such as 2011-09-01.csv.gz, there or in by-day/")


def seed(home: Home, url: str, folder: Path) -> Seeded:
    """Have exactly the folder's orders in the bucket ``shop-orders`` of the store at ``url``.

    Starts the store where it is moto's and not up. Files that are there with the same content are left, so
    a second or an interrupted run costs little; files of another folder are removed. Raises NoOrders,
    Refused.
    """
    files = order_files(folder)
    write_settings(home.openstack, object_store_url=url)
    if choice.of(home) is Behind.RECORD:
        moto_server.ensure(home.openstack, url)
    store = s3(url)
    with suppress(store.exceptions.BucketAlreadyOwnedByYou, store.exceptions.BucketAlreadyExists):
        store.create_bucket(Bucket=BUCKET)
    etags = dict(_etags(store))
    contents = {f"{PREFIX}{file.name}": file.read_bytes() for file in files}
    wanted = {key: body for key, body in contents.items() if etags.get(key) != _etag(body)}
    with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
        # Listed, so that the first failure is raised and not lost in the pool.
        list(
            pool.map(lambda item: store.put_object(Bucket=BUCKET, Key=item[0], Body=item[1]), wanted.items())
        )
    stale = sorted(etags.keys() - contents.keys())
    for key in stale:
        store.delete_object(Bucket=BUCKET, Key=key)
    size = sum(len(body) for body in contents.values())
    return Seeded(
        put=len(wanted),
        kept=len(files) - len(wanted),
        removed=len(stale),
        bytes=size,
        version=version_of(files),
    )


def counted(folder: Path) -> Seeded:
    """What ``seed`` will tell of a folder where all of it is in place. Raises NoOrders."""
    files = order_files(folder)
    size = sum(file.stat().st_size for file in files)
    return Seeded(put=0, kept=len(files), removed=0, bytes=size, version=version_of(files))


def version_of(files: Iterable[Path]) -> str:
    """Another one when a file is: 16 hexadecimal digits of a SHA-256 over their names and contents."""
    whole = hashlib.sha256()
    for file in files:
        body = file.read_bytes()
        whole.update(f"{PREFIX}{file.name}\n{len(body)}\n".encode() + body)
    return whole.hexdigest()[:16]


def _etags(store: Any) -> Iterable[tuple[str, str]]:
    for page in store.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX):
        for item in page.get("Contents", []):
            yield item["Key"], item["ETag"].strip('"')


def _etag(body: bytes) -> str:
    """What S3 calls the ETag of an object put in one piece: its MD5."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def throwaway_keys() -> ThrowAwayKeys:
    """The keys of every rehearsal. They are sentences that say themselves that they are no secret."""
    private = Ed25519PrivateKey.from_private_bytes(_SIGNING_SENTENCE)
    return ThrowAwayKeys(
        pseudonym=base64.b64encode(_PSEUDONYM_SENTENCE).decode(),
        signing=base64.b64encode(_SIGNING_SENTENCE).decode(),
        public=base64.b64encode(private.public_key().public_bytes_raw()).decode(),
    )


def seed_keys(home: Home) -> ThrowAwayKeys:
    """Put the throw-away keys into the rehearsed Barbican as ``isthmus-keys``."""
    keys = throwaway_keys()
    payload = {
        "pseudonym": keys.pseudonym,
        "signing": keys.signing,
        "orders_access_key_id": "rehearsal",
        "orders_secret_access_key": "rehearsal",
    }
    seed_secret(home, SECRET_NAME, json.dumps(payload))
    return keys


__all__ = [
    "BUCKET",
    "PREFIX",
    "SECRET_NAME",
    "NoOrders",
    "Seeded",
    "ThrowAwayKeys",
    "order_files",
    "seed",
    "seed_keys",
    "throwaway_keys",
    "version_of",
]
