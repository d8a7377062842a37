"""A bundle from a signed release, measured beside Keras on the release's own customers."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isthmus.atomic_files import atomic_write
from serving.edge.measured import measure, smallest_that_agrees
from serving.edge.product_slice import ProductSlice
from serving.edge.runtime.bundle import Bundle, archive
from serving.edge.runtime.errors import BundleRefused
from serving.edge.runtime.manifest import (
    BIAS,
    DOMAIN,
    LIMIT_MB,
    MANIFEST,
    MEGABYTE,
    MODELS,
    POPULAR,
    PRODUCTS,
    RUNTIME,
    SCALES,
    SELF_CHECK,
    SIGNATURE,
    VECTORS,
    EdgeManifest,
    Measured,
    Precision,
)
from serving.edge.runtime.recommender import EdgeRecommender
from serving.edge.runtime.self_check import answers
from serving.edge.sliced_towers import SlicedTowers, spread
from training.release import (
    Customers,
    Product,
    read_popular,
    read_products,
    read_signature,
    sign,
    verify,
    verify_signature,
)
from training.release.export.litert_file import DeviceTowers
from training.release.manifest import File, digest_of

_MEASURED = 1000
"""Customers, evenly over all of a release."""
_POPULAR = 100
SIGNED_AT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Packed:
    """What was written: the manifest, its digest, and the size of the file."""

    manifest: EdgeManifest
    digest: str
    bytes: int


def pack(
    release: Path,
    out: Path,
    signing_key: str,
    trusted: Sequence[str],
    products: ProductSlice = ProductSlice(),  # noqa: B008 (frozen)
    target: str = "any",
    limit_mb: float = LIMIT_MB,
) -> Packed:
    """Write the bundle of a release. The same release, slice and key give the same bytes on the same machine.

    Args:
        release: a release directory, signed.
        out: the bundle's file.
        signing_key: base64 Ed25519 seed; it signs the bundle.
        trusted: base64 public keys; one of them must have signed the release.
        products: which the bundle holds.
        target: what kind of device it is for; a device of another kind refuses it.
        limit_mb: a larger bundle is not written.

    Raises:
        ReleaseError: the release is damaged, or signed by nobody who is trusted.
        BundleRefused: the bundle would be larger than the limit.
    """
    manifest = verify(release)
    signature = read_signature(release)
    verify_signature(signature, manifest.digest(), trusted)
    chosen = products.of(read_products(release))
    customers = Customers.read(release)
    sliced = SlicedTowers.of(DeviceTowers.read(release), [product.index for product in chosen])
    members = _members(sliced, chosen, read_popular(release))
    draft = EdgeManifest(
        target=target,
        version=signature.signed_at,
        release=manifest.digest(),
        orders_until=manifest.window.last_day,
        minimum_runtime=RUNTIME,
        files=(),
        products=len(chosen),
        slice=str(products),
        history_length=manifest.model.history_length,
        half_life_days=manifest.settings["half_life_days"],
        time_features=bool(manifest.settings.get("model", {}).get("time_features", False)),
        runs="float",
        measured={},
        customers_measured=min(_MEASURED, len(customers)),
    )
    tried = sliced.cut(customers, spread(len(customers), _MEASURED))
    measured: dict[Precision, Measured] = {}
    kept: dict[Precision, list[dict[str, float]]] = {}
    for precision, name in MODELS.items():
        recommender = EdgeRecommender(Bundle(out.name, draft, "", members, b""), precision)
        measured[precision] = measure(recommender, sliced, tried, len(members[name]))
        kept[precision] = answers(recommender)
    members[SELF_CHECK] = as_json(kept)
    files = tuple(
        File(path=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in sorted(members.items())
    )
    chosen_precision = smallest_that_agrees(measured)
    whole = draft.model_copy(update={"files": files, "measured": measured, "runs": chosen_precision})
    at = datetime.strptime(signature.signed_at, SIGNED_AT).replace(tzinfo=UTC)
    return write_bundle(out, whole, members, signing_key, at, limit_mb)


def write_bundle(
    out: Path,
    manifest: EdgeManifest,
    members: Mapping[str, bytes],
    signing_key: str,
    at: datetime,
    limit_mb: float = LIMIT_MB,
) -> Packed:
    """Sign a manifest and write the bundle; a larger one than the limit is not written.

    Args:
        out: the file.
        manifest: of the members.
        members: all but manifest and signature.
        signing_key: base64 Ed25519 seed.
        at: when, as the signature tells it: that of the release, so that the bytes are the same again.
        limit_mb: in megabytes of 1,000,000 bytes.

    Raises:
        BundleRefused: it is larger.
    """
    signed = manifest.to_bytes()
    digest = digest_of(signed)
    signature = sign(digest, signing_key, at, DOMAIN).to_bytes()
    raw = archive({**members, MANIFEST: signed, SIGNATURE: signature})
    if len(raw) > limit_mb * MEGABYTE:
        raise BundleRefused(
            f"the bundle would have {len(raw) / MEGABYTE:.1f} MB, more than the limit of {limit_mb:g} MB; "
            "pack fewer products with --most-bought, or raise --limit-mb"
        )
    atomic_write(out, raw)
    return Packed(manifest, digest, len(raw))


def _members(sliced: SlicedTowers, chosen: Sequence[Product], popular: Sequence[int]) -> dict[str, bytes]:
    """Everything that a recommender loads."""
    places = {product.index: place for place, product in enumerate(chosen, 1)}
    # A slice may hold none of the release's popular products, so the rest follows by its own rank.
    by_rank = [product.index for product in sorted(chosen, key=lambda product: product.popularity_rank)]
    ranked = [places[index] for index in dict.fromkeys([*popular, *by_rank]) if index in places]
    return {
        MODELS["float"]: sliced.towers.litert(int8=False),
        MODELS["int8"]: sliced.towers.litert(int8=True),
        VECTORS: _array(sliced.vectors),
        SCALES: _array(sliced.scales),
        BIAS: _array(sliced.bias),
        PRODUCTS: as_json([[product.product_code, product.description] for product in chosen]),
        POPULAR: as_json(ranked[:_POPULAR]),
    }


def _array(array: npt.NDArray[Any]) -> bytes:
    target = io.BytesIO()
    np.save(target, array, allow_pickle=False)
    return target.getvalue()


def as_json(value: Any) -> bytes:
    """A member that is JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
