"""What goes wrong between us and a store is one sentence, wherever we speak to one."""

from __future__ import annotations

import datetime
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import getmembers, isfunction
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from isthmus.errors import FAILED, WRONG_DATA, IsthmusError, StoreFailed, WrongData
from isthmus.object_store import Bucket, aws_client, client_for_orders
from tests.training.conftest import REGION
from tests.training.release.test_release import make
from training.jobs.local.workers import free_ports
from training.operations.tuning.journal import BucketJournal
from training.orders.source import Bucket as Orders
from training.orders.source import open_source
from training.release import Store
from training.release.signature import Signature
from training.transfer.batch import BatchEntry
from training.transfer.bucket import BatchBucket

SILENT = {"address", "speaking"}
"""Methods that ask no store anything."""

DIGEST = "sha256:" + 64 * "0"
DAY = datetime.date(2011, 9, 1)
ENTRY = BatchEntry(day=DAY, key="orders/batches/1", rows=0, size=3, sha256=64 * "0")
LARGE = ENTRY.model_copy(update={"size": 9 * 2**20})

SPEAKERS: dict[type, dict[str, Callable[[Any, Path], Any]]] = {
    Orders: {"days": lambda one, _: one.days(), "raw": lambda one, _: one.raw(DAY)},
    BatchBucket: {
        "holds": lambda one, _: one.holds(ENTRY),
        "send": lambda one, tmp: one.send(ENTRY, _file(tmp, 3)),
        "put": lambda one, _: one.put("key", b"content"),
        "batch": lambda one, _: one.batch(ENTRY),
        "batch_file": lambda one, tmp: one.batch_file(ENTRY, tmp),
        "erase": lambda one, _: one.erase("orders/", {"orders/1"}),
        "abort": lambda one, _: one.abort("orders/"),
    },
    Store: {
        "push": lambda one, tmp: one.push(_release(tmp)),
        "pull": lambda one, tmp: one.pull(DIGEST, tmp / "into"),
        "manifest": lambda one, _: one.manifest(DIGEST),
        "digests": lambda one, _: one.digests(),
        "set_validation": lambda one, _: one.set_validation(DIGEST, {}),
        "validation": lambda one, _: one.validation(DIGEST),
        "sign": lambda one, _: one.sign(Signature(digest=DIGEST, keyid="", signed_at="", signature="")),
        "signature": lambda one, _: one.signature(DIGEST),
        "latest": lambda one, _: one.latest(),
        "set_latest": lambda one, _: one.set_latest(
            Signature(digest=DIGEST, keyid="", signed_at="", signature="")
        ),
        "candidate": lambda one, _: one.candidate("train"),
        "set_candidate": lambda one, _: one.set_candidate("train", DIGEST),
    },
    Bucket: {
        "head": lambda one, _: one.head("name"),
        "get": lambda one, _: one.get("name"),
        "download": lambda one, tmp: one.download("name", tmp / "file"),
        "put": lambda one, _: one.put("name", b"content"),
        "put_new": lambda one, _: one.put_new("name", b"content"),
        "upload": lambda one, tmp: one.upload(_file(tmp, 3), "name"),
        "keys": lambda one, _: one.keys("orders/"),
        "delete": lambda one, _: one.delete("name"),
    },
    BucketJournal: {
        "read_logs": lambda one, _: one.read_logs(0),
        "append_logs": lambda one, _: one.append_logs([{}]),
    },
}
"""Every class that speaks to a store, with a call of every method that does."""
MADE: dict[type, Callable[[str, Any], Any]] = {
    Orders: lambda bucket, client: Orders(bucket, "orders/", client),
    BatchBucket: lambda bucket, client: BatchBucket(bucket, client, server_checksums=True),
    Store: Store,
    Bucket: lambda bucket, client: Bucket(bucket, client, "checkpoints/"),
    BucketJournal: lambda bucket, client: BucketJournal(Bucket(bucket, client, "journal/")),
}


def _release(folder: Path) -> Path:
    if not (folder / "release").exists():
        make(folder / "release")
    return folder / "release"


def _file(folder: Path, size: int) -> Path:
    path = folder / "file"
    path.write_bytes(bytes(size))
    return path


@pytest.fixture(autouse=True)
def asked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One question instead of six, nothing of this user's own, no metadata service."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps the credentials that it found
    for name in [name for name in os.environ if name.startswith(("AWS_", "ORDERS_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
    }.items():
        monkeypatch.setenv(name, value)


class _Other(BaseHTTPRequestHandler):
    """A program that is no store: it takes everything and answers with a page."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        page = b"<html>welcome"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 (http.server's names)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _hangs_up() -> Iterator[int]:
    """Takes a connection and ends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=run, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """With a certificate that nobody trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(1))
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    return context


@contextmanager
def _trouble(kind: str, s3_url: str, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a store with one kind of trouble."""
    if kind in ("no bucket", "no name of a bucket"):
        yield s3_url
    elif kind == "no credentials":
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        yield s3_url
    elif kind == "nothing there":
        yield f"http://127.0.0.1:{free_ports(1)[0]}"
    elif kind == "no such host":
        yield "http://no-such-host.invalid"
    elif kind == "hangs up":
        with _hangs_up() as port:
            yield f"http://127.0.0.1:{port}"
    else:
        with _serving(_Other, tls if kind in ("untrusted", "TLS by http") else None) as port:
            yield f"{'https' if kind in ('untrusted', 'http by TLS') else 'http'}://127.0.0.1:{port}"


KINDS = {
    "no bucket": (r"has no bucket nosuch; mend the name, or create it", WRONG_DATA),
    "no name of a bucket": (r"not the name of a bucket|is no name of a bucket", WRONG_DATA),
    "no credentials": (r"there are no credentials for .*set AWS_ACCESS_KEY_ID", FAILED),
    "nothing there": (r"nothing answers at http://127.0.0.1:\d+; is it up", FAILED),
    "no such host": (r"nothing answers at http://no-such-host.invalid; is it up", FAILED),
    "hangs up": (r"does not answer as an S3 store does", FAILED),
    "untrusted": (r"certificate .* is not trusted \(self.signed certificate.*AWS_CA_BUNDLE", WRONG_DATA),
    "http by TLS": (r"speaks no TLS; write its address with http://", WRONG_DATA),
    "TLS by http": (r"does not answer as an S3 store does", FAILED),
    "another program": (r"does not answer as an S3 store does|answers 500: Internal Server Error", FAILED),
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_wrong_with_a_store_is_one_sentence_in_every_place(
    kind: str, s3_url: str, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence, status = KINDS[kind]
    bucket = "no bucket!" if kind == "no name of a bucket" else "nosuch"
    with _trouble(kind, s3_url, tls, monkeypatch) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        errors: dict[str, IsthmusError | None] = {}
        for speaker, methods in SPEAKERS.items():
            client = client_for_orders(os.environ) if speaker is Orders else aws_client()
            for name, call in methods.items():
                # Another program takes what is put, and a page for an object: a listing finds it out.
                if kind == "another program" and name not in ("days", "keys", "digests", "read_logs"):
                    continue
                try:
                    call(MADE[speaker](bucket, client), tmp_path)
                    errors[f"{speaker.__name__}.{name}"] = None
                except IsthmusError as caught:  # anything else is what this test is against
                    errors[f"{speaker.__name__}.{name}"] = caught
    fell = {name: error for name, error in errors.items() if error is not None}
    if kind == "no bucket":
        # A HEAD cannot tell a bucket that is not there from an object that is not.
        assert errors.keys() - fell.keys() <= {"BatchBucket.holds", "Bucket.head", "Bucket.download"}
    else:
        assert fell.keys() == errors.keys()
    for name, error in fell.items():
        assert re.search(sentence, str(error)), f"{name}: {error}"
        assert "\n" not in str(error), name
        assert isinstance(error, StoreFailed), name
        assert error.exit_status == status, f"{name}: {error}"


def test_no_method_that_speaks_to_a_store_is_left_out_above() -> None:
    for speaker, methods in SPEAKERS.items():
        defined = {name for name, _ in getmembers(speaker, isfunction) if name in vars(speaker)}
        assert {name for name in defined if not name.startswith("_")} - SILENT == methods.keys(), speaker


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ORDERS_ENDPOINT_URL": "127.0.0.1:9000"}, "ORDERS_ENDPOINT_URL is '127.0.0.1:9000'; the address"),
        (
            {"ORDERS_ENDPOINT_URL": "localhost"},
            "ORDERS_ENDPOINT_URL is 'localhost'; the address of a store",
        ),
        ({"ORDERS_ENDPOINT_URL": "ftp://store"}, "ORDERS_ENDPOINT_URL is 'ftp://store'"),
        ({"ORDERS_ENDPOINT_URL": "http://store:port"}, "ORDERS_ENDPOINT_URL is 'http://store:port'"),
        ({"ORDERS_ENDPOINT_URL": "http://[::1"}, "ORDERS_ENDPOINT_URL is 'http://\\[::1'"),
        ({"ORDERS_ENDPOINT_URL": "http://"}, "ORDERS_ENDPOINT_URL is 'http://'"),
        ({"AWS_ENDPOINT_URL": "s3.local"}, "AWS_ENDPOINT_URL is 's3.local'"),
        (
            {"AWS_ENDPOINT_URL_S3": "s3.local", "AWS_ENDPOINT_URL": "http://s"},
            "AWS_ENDPOINT_URL_S3 is 's3.lo",
        ),
        ({"AWS_PROFILE": "nobody"}, "profile .nobody. could not be found"),
        ({"AWS_MAX_ATTEMPTS": "often"}, "a store cannot be reached: .*often"),
        ({"AWS_REGION": "a b", "AWS_DEFAULT_REGION": "a b"}, "a b"),
    ],
)
def test_surroundings_in_which_no_client_can_be_made_are_a_sentence(
    variables: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongData, match=sentence) as caught:
        open_source("s3://shop-orders/2011/", os.environ)
    assert "\n" not in str(caught.value)
    if not any(name.startswith("ORDERS") for name in variables):
        with pytest.raises(WrongData, match=sentence):
            aws_client()


def test_a_url_without_a_bucket_is_a_sentence() -> None:
    for url in ("s3://", "s3:///orders/"):
        with pytest.raises(WrongData, match=f"{url} names no bucket; write s3://BUCKET/PREFIX/"):
            open_source(url, os.environ)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"7", b"{}", b'{"digest": 7}'])
def test_garbage_in_the_records_of_a_releases_bucket_is_a_sentence_that_names_it(
    content: bytes, s3_url: str, bucket: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_url)
    store = Store(bucket("releases"), aws_client())
    for key in ("latest.json", "candidates/train.json", f"releases/{64 * '0'}/manifest.json"):
        store.client.put_object(Bucket=store.bucket, Key=key, Body=content)
    for read, key in (
        (store.latest, "latest.json"),
        (lambda: store.candidate("train"), "candidates/train.json"),
        (lambda: store.manifest(DIGEST), "manifest.json"),
    ):
        with pytest.raises(IsthmusError, match=key) as caught:
            read()
        assert caught.value.exit_status == WRONG_DATA


def test_no_other_file_speaks_to_a_store() -> None:
    root = Path(__file__).parents[2]
    calls = re.compile(
        r"(import|from) boto|\.(get_paginator|(get|put|head|delete|copy)_objects?|(down|up)load_file)\("
    )
    speaking = {
        path.relative_to(root).as_posix()
        for part in ("training", "serving", "isthmus")
        for path in sorted((root / part).rglob("*.py"))
        if calls.search(path.read_text())
    }
    assert speaking == {
        "isthmus/cli/commands/drift.py",  # CloudTrail, which is asked who changed what
        "isthmus/cli/missing_images.py",  # a registry of images, which is asked and never told anything
        "isthmus/object_store.py",
        "training/transfer/bucket.py",  # versions, and many deleted at once
        "training/transfer/upload.py",  # the parts of an upload, sent inside BatchBucket.send
    }
