"""Asks the stable release and a canary the same customers' questions: ``python -m serving.compare``.

Reads from the environment:

=====================  =======================================================================
``STABLE``             ``grpc://host:port`` of servers with the stable release
``CANARY``             the same of servers with the new one
``RELEASE``            digest of the new one, ``sha256:`` and 64 hexadecimal digits
``RELEASES_BUCKET``    the bucket that holds it (``AWS_REGION``, ``AWS_ENDPOINT_URL`` as boto3)
``TRUSTED_KEYS``       base64 Ed25519 public keys, separated by commas
``LEAST_OVERLAP``      share of the stable release's top 20 that the new one must have, on average
``CUSTOMERS``          how many customers to ask for; all of the new release where it has fewer
=====================  =======================================================================

Ends with 0 where the overlap is large enough; with 1 and one sentence on stderr where it is not, or where one
of the two does not answer. Which customers are asked for follows from the digest: a second run asks for the
same, and the next release is compared by others.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from isthmus.errors import IsthmusError, StoreFailed
from isthmus_client import Answer, ClientError, Recommender
from training.release import Customers, ReleaseError, SignatureRefused, Store, verify_signature

TOP: Final = 20
AT_ONCE: Final = 64
"""Customers in one question (``isthmus_client.interface.MAX_BATCH_SIZE``)."""
PATIENCE_S: Final = 60.0
"""Until the canary's address leads to servers with the new release: a Service learns of its pods late."""


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(",") if key.strip())


Text = Annotated[str, Field(min_length=1)]


class CompareRefused(IsthmusError):
    """The environment cannot be right, or the canary is not what it should be; the message says which."""


class CompareConfig(BaseModel):
    """What the environment asks for."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    stable: Text
    canary: Text
    release: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    releases_bucket: Text
    trusted_keys: Annotated[tuple[str, ...], BeforeValidator(_keys), Field(min_length=1)]
    least_overlap: Annotated[float, Field(ge=0, le=1)]
    customers: Annotated[int, Field(ge=1)]

    @classmethod
    def of(cls, env: Mapping[str, str]) -> CompareConfig:
        """Read the environment. Raises CompareRefused naming the variable."""
        try:
            return cls.model_validate({name: env.get(name.upper(), "") for name in cls.model_fields})
        except ValidationError as wrong:
            first = wrong.errors()[0]
            raise CompareRefused(
                f"{str(first['loc'][0]).upper()}: {first['msg']}; {__name__} lists what is allowed"
            ) from None


def chosen(customers: Iterable[str], release: str, count: int) -> list[str]:
    """Pseudonyms to ask for, the same for the same release."""
    return heapq.nsmallest(
        count, customers, key=lambda name: hashlib.sha256(f"{release} {name}".encode()).digest()
    )


def overlap(stable: Sequence[Answer], canary: Sequence[Answer]) -> float:
    """Mean share of what the stable release recommends that the canary does as well, 0 to 1."""
    shares = []
    for ours, theirs in zip(stable, canary, strict=True):
        wanted = {product.code for product in ours.products}
        found = {product.code for product in theirs.products}
        shares.append(len(wanted & found) / len(wanted) if wanted else 1.0)
    return sum(shares) / len(shares)


def compare(config: CompareConfig, store: Store | None = None) -> float:
    """Ask both; the overlap.

    Raises:
        ReleaseError: the new release is not there, not signed by a trusted key, or damaged.
        ClientError: one of the two does not answer.
        CompareRefused: the canary's address leads to another release for too long, or nobody is known.
    """
    bucket = store or Store(config.releases_bucket)
    signature = bucket.signature(config.release)
    if signature is None:
        bucket.manifest(config.release)  # says so where there is no such release
        raise SignatureRefused(f"{config.release} in {config.releases_bucket} has no signature")
    verify_signature(signature, config.release, config.trusted_keys)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        known = Customers.read(bucket.pull(config.release, Path(folder)))
    names = chosen(known, config.release, config.customers)
    if not names:
        raise CompareRefused(f"{config.release} knows no customer, so there is nothing to compare")
    with Recommender(config.stable) as stable, Recommender(config.canary) as canary:
        _until_it_answers(canary, names[0], config.release)
        asked = [(_answers(stable, part), _answers(canary, part)) for part in _parts(names)]
    ours, theirs = ([answer for pair in asked for answer in pair[side]] for side in (0, 1))
    if strangers := {answer.release for answer in theirs} - {config.release}:
        raise CompareRefused(f"{config.canary} also answers from {', '.join(sorted(strangers))}")
    return overlap(ours, theirs)


def _until_it_answers(canary: Recommender, customer: str, release: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while (found := canary.recommend(customer, TOP).release) != release:
        if time.monotonic() > until:
            raise CompareRefused(f"{canary.url} answers from {found} and not from {release}")
        time.sleep(1)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), AT_ONCE):
        yield names[start : start + AT_ONCE]


def _answers(recommender: Recommender, names: Sequence[str]) -> Sequence[Answer]:
    return recommender.recommend_many(names, TOP)


def main(env: Mapping[str, str] = os.environ) -> int:
    """Compare; returns the exit status."""
    try:
        config = CompareConfig.of(env)
        found = compare(config)
    except (CompareRefused, ReleaseError, StoreFailed, ClientError) as refused:
        print(f"serving.compare: {refused}", file=sys.stderr, flush=True)
        return 1
    said = f"{found:.3f} of the stable release's top {TOP} are in the top {TOP} of {config.release}"
    if found < config.least_overlap:
        print(
            f"serving.compare: {said}, and {config.least_overlap:g} is the least "
            "(serving.rollout.limits.overlap)",
            file=sys.stderr,
            flush=True,
        )
        return 1
    print(f"serving.compare: {said}; {config.least_overlap:g} is the least", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
