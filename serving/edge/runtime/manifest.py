"""The manifest of a bundle: for which devices, of which release, how old, and what each member must be.

A bundle is named by the SHA-256 of the bytes of ``manifest.json``, which is what is signed. It is signed as a
release is (``training.release.signature``), under a domain of its own, so that neither passes for the other.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from training.release.manifest import Digest, File, Name, Part

DOMAIN = b"isthmus edge bundle signature, version 1\n"
RUNTIME = 1
"""The runtime of this code; a bundle that needs a later one is refused."""
MEGABYTE = 1_000_000
LIMIT_MB = 5.0
"""Of a whole bundle, where nobody says otherwise."""

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
Precision = Literal["float", "int8"]
MODELS: dict[Precision, str] = {"float": "float.tflite", "int8": "int8.tflite"}
"""Precision -> its LiteRT model."""
VECTORS, SCALES, BIAS = "vectors.npy", "scales.npy", "bias.npy"
"""int8 [P + 1, D], float32 [P + 1] and float32 [P + 1]; row 0 is padding."""
PRODUCTS, POPULAR, SELF_CHECK = "products.json", "popular.json", "self_check.json"
LISTED = frozenset({*MODELS.values(), VECTORS, SCALES, BIAS, PRODUCTS, POPULAR, SELF_CHECK})

Version = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
"""When the release was signed (UTC): its order is that of releases."""


class Measured(Part):
    """One precision beside Keras, on real customers of the release."""

    overlap_at_20: Annotated[float, Field(ge=0, le=1)]
    """Mean share of the 20 best products of Keras that are among the device's 20 best."""
    largest_difference: Annotated[float, Field(ge=0)]
    """Of a score, as a share of the customer's largest score."""
    bytes: Annotated[int, Field(ge=1)]


class EdgeManifest(Part):
    """Everything that a bundle says of itself."""

    format: Literal[1] = 1
    target: Name
    version: Version
    release: Digest
    orders_until: date
    minimum_runtime: Annotated[int, Field(ge=1)]
    files: tuple[File, ...]
    products: Annotated[int, Field(ge=1)]
    slice: str
    history_length: Annotated[int, Field(ge=1)]
    half_life_days: Annotated[float, Field(gt=0)]
    time_features: bool
    runs: Precision
    """The smallest precision whose overlap is high enough."""
    measured: dict[Precision, Measured]
    customers_measured: Annotated[int, Field(ge=0)]

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        plain = self.model_dump(mode="json")
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
