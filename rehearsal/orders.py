"""What the company of a rehearsal has before the estate: its log of orders, and its keys.

The orders go into the private object store as the pre-existing container ``shop-orders``; the keys are the
throw-away ones of ``stacks/Pulumi.local.yaml``, for anyone to read, and protect nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from isthmus.errors import IsthmusError
from rehearsal.openstack_services.services import Cloud
from rehearsal.openstack_services.session import Session

BUCKET: Final = "shop-orders"
PREFIX: Final = "online-retail/"
STORE: Final = "object-store"
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


def seed(cloud: Cloud, folder: Path) -> Seeded:
    """Have exactly the folder's orders in the container ``shop-orders`` of the cloud's Swift.

    Files that are there with the same content are left, so a second or an interrupted run costs little;
    files of another folder are removed. Raises NoOrders, ServiceRefused, ServiceAway.
    """
    files = order_files(folder)
    swift = Session.of(cloud)
    swift.request(STORE, "PUT", f"/{BUCKET}")
    listed = swift.get(STORE, f"/{BUCKET}", params={"format": "json", "prefix": PREFIX})
    there = {one["name"]: one["hash"] for one in listed}
    contents = {f"{PREFIX}{file.name}": file.read_bytes() for file in files}
    wanted = {name: body for name, body in contents.items() if there.get(name) != _md5(body)}
    with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
        # Listed, so that the first failure is raised and not lost in the pool.
        list(
            pool.map(
                lambda item: swift.request(STORE, "PUT", f"/{BUCKET}/{item[0]}", data=item[1]),
                wanted.items(),
            )
        )
    stale = sorted(there.keys() - contents.keys())
    for name in stale:
        swift.request(STORE, "DELETE", f"/{BUCKET}/{name}")
    return Seeded(
        put=len(wanted),
        kept=len(files) - len(wanted),
        removed=len(stale),
        bytes=sum(len(body) for body in contents.values()),
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


def _md5(body: bytes) -> str:
    """What Swift calls the hash of an object."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def throwaway_keys() -> ThrowAwayKeys:
    """The keys of every rehearsal. They are sentences that say themselves that they are no secret."""
    private = Ed25519PrivateKey.from_private_bytes(_SIGNING_SENTENCE)
    return ThrowAwayKeys(
        pseudonym=base64.b64encode(_PSEUDONYM_SENTENCE).decode(),
        signing=base64.b64encode(_SIGNING_SENTENCE).decode(),
        public=base64.b64encode(private.public_key().public_bytes_raw()).decode(),
    )


__all__ = [
    "BUCKET",
    "PREFIX",
    "NoOrders",
    "Seeded",
    "ThrowAwayKeys",
    "order_files",
    "seed",
    "throwaway_keys",
    "version_of",
]
