"""Releases: the seam between training and serving.

This package is all of ``training`` that serving may import. It imports neither tensorflow nor pandas.

A release is a directory of plain files, named by its digest (``sha256:<hex>`` of ``manifest.json``):

========================  ==================================================================================
``model.onnx``            what is served; of many products (``training.exact_products``) with an index in it
``model.keras``           the same model for further training
``items.json``            products: index, stock_code, description, price (GBP), popularity_rank
``customers.parquet``     per pseudonym: history, weights, user (the model's inputs) and last_bought
``popular.json``          indices of products, the most popular first: the answer for an unknown customer
``ranker.onnx``           the ranking stage: features of candidates -> probabilities (absent without one)
``shortlist.npz``         per pseudonym: the candidates, which are owned, their features for ``ranker.onnx``
                          and the scores that it gives them
``context.npz``           what lets a basket change the answer: similar products, coefficients
``ranked.parquet``        per pseudonym: the products in the ranker's order, all and only new ones
``report.json``           cleaning counts, metrics beside their baselines, training curve
``manifest.json``         every file with size and SHA-256, and what the release was made from
``validation.json``       scores on held-back orders beside the baselines' (absent before validation)
``signature.json``        Ed25519 over the digest, by the validation job (absent before)
``DIGEST``                the digest, for a directory that does not carry it in its name
========================  ==================================================================================

``model.onnx`` (dynamic batch B; H, U and K are in ``manifest.model``):

- input ``history`` int32 [B, H]: indices of products bought, most weight first, padded with 0;
- input ``weights`` float32 [B, H]: recency-weighted counts of those purchases, 0 at padding;
- input ``user`` float32 [B, U]: features of the customer;
- output ``items`` int32 [B, K]: indices of the K best products (from 1; never 0), the best first;
- output ``scores`` float32 [B, K]: their scores y_ui = f(x_u, x_i) + b, descending; not probabilities.

``ranker.onnx`` (dynamic batch B and length L): input ``features`` float32 [B, L, F], output ``scores``
float32 [B, L], the probability that the customer buys the candidate in the days that follow.

Products that the customer has bought are among them: leaving them out (``--only-new``) and cutting K = 100
down to the wanted number is serving's step. All-zero inputs are a valid customer without any history.

To serve: ``Store(bucket).pull(digest, into)``, then ``verify_signature(read_signature(path), digest, keys)``,
then ``read_products``, ``read_popular`` and ``Customers.read``.
"""

from training.features.product import Product
from training.release import context_scores
from training.release.contents import (
    CUSTOMERS,
    KERAS_MODEL,
    ONNX_MODEL,
    POPULAR,
    PRODUCTS,
    REPORT,
    Customer,
    Customers,
    read_popular,
    read_products,
    read_report,
    write_popular,
    write_products,
    write_report,
)
from training.release.context import CONTEXT, ReleaseContext
from training.release.directory import describe, read, verify, write
from training.release.errors import ReleaseDamaged, ReleaseError, SignatureRefused
from training.release.manifest import (
    PSEUDONYM_KEY,
    File,
    Manifest,
    Model,
    Tensor,
    Window,
)
from training.release.shortlist import RANKER_MODEL, SHORTLIST, Shortlist, shortlisted
from training.release.signature import (
    SIGNATURE,
    Signature,
    keyid,
    new_key,
    public_key,
    read_signature,
    sign,
    verify_signature,
    write_signature,
)
from training.release.store import LATEST, Store
from training.target_hardware import MANIFEST, TargetHardware

__all__ = [
    "CONTEXT",
    "CUSTOMERS",
    "KERAS_MODEL",
    "LATEST",
    "MANIFEST",
    "ONNX_MODEL",
    "POPULAR",
    "PRODUCTS",
    "PSEUDONYM_KEY",
    "RANKER_MODEL",
    "REPORT",
    "SHORTLIST",
    "SIGNATURE",
    "Customer",
    "Customers",
    "File",
    "Manifest",
    "Model",
    "Product",
    "ReleaseContext",
    "ReleaseDamaged",
    "ReleaseError",
    "Shortlist",
    "Signature",
    "SignatureRefused",
    "Store",
    "TargetHardware",
    "Tensor",
    "Window",
    "context_scores",
    "describe",
    "keyid",
    "new_key",
    "public_key",
    "read",
    "read_popular",
    "read_products",
    "read_report",
    "read_signature",
    "shortlisted",
    "sign",
    "verify",
    "verify_signature",
    "write",
    "write_popular",
    "write_products",
    "write_report",
    "write_signature",
]
