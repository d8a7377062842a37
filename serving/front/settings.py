"""The settings of a front, read from a YAML file and from options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, model_validator

from isthmus.settings.annotations import Allowed, Unit, clash
from isthmus.settings.errors import Problem, SettingsError
from isthmus.settings.section import Section
from isthmus.settings.validation import validate

Url = Annotated[
    str,
    Field(pattern=r"^(grpc|http)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}/?$"),
    Allowed("the address of a Triton server: grpc://HOST:8001 or http://HOST:8000"),
]
Seconds = Annotated[float, Field(gt=0, le=600), Unit("seconds")]
Bytes = Annotated[int, Field(ge=1024, le=2**40), Unit("bytes")]


class Tokens(Section):
    """JSON Web Tokens that callers may bring in place of a key."""

    issuer: str
    """``iss`` of every token."""
    audience: str
    """``aud`` of every token: this front's name at the issuer."""
    jwks: str
    """The issuer's public keys: a file, or an https URL that is read again every five minutes."""


class RequestLimits(Section):
    """How much a caller may ask for."""

    requests_per_minute: int = Field(default=6000, ge=1, le=10_000_000)
    """Of one caller, at one front."""
    in_flight: int = Field(default=500, ge=1, le=100_000)
    """Requests of all callers at a time; more get 503. What is answered after its caller has given up is for
    nobody, and keeps others waiting."""
    at_models: int = Field(default=128, ge=1, le=100_000)
    """Questions that wait for a model at a time; others get popular products at once: servers that have more
    to do than they can do in time would answer nobody in time."""
    body_bytes: Annotated[int, Field(ge=1024, le=2**26), Unit("bytes")] = 65_536
    """Of one request."""


class Times(Section):
    """How long things may take."""

    receive_s: Seconds = 5.0
    """Until a request has come whole."""
    hedge_after_s: Seconds = 0.1
    """After this the other site is asked as well; the first answer counts."""
    answer_s: Seconds = 1.0
    """Until a model has answered; then popular products do."""
    drain_s: Annotated[float, Field(ge=0, le=600), Unit("seconds")] = 10.0
    """After SIGTERM: not ready, but every request is still answered. Longer than load balancers look away."""


class Hedges(Section):
    """How many questions may be asked of a second site because the first is slow.

    One that has failed is asked elsewhere at once, whatever stands here: its first try costs nobody any more.
    """

    share: float = Field(default=0.1, ge=0, le=1)
    """Of all questions."""
    at_once: int = Field(default=10, ge=0, le=10_000)
    """Beyond that share, while few were needed before."""


class Breaker(Section):
    """When a site is no longer asked."""

    failures: int = Field(default=5, ge=1, le=1000)
    """Of one site, one after the other."""
    open_s: Seconds = 10.0
    """Then it is left alone for so long, and tried again."""


class PopularList(Section):
    """The popular products of the release in service, which answer where no model does."""

    count: int = Field(default=500, ge=1, le=10_000)
    """Products that are kept."""
    every_s: Seconds = 60.0
    """How often Triton is asked for them."""
    file: str | None = None
    """Where they outlive a restart; absent: a front that starts while no model answers has none."""


class SpoolSettings(Section):
    """Where events of feedback wait for a store."""

    folder: str
    """Finished files are named ``feedback-*.jsonl``; whoever took one removes it."""
    file_bytes: Bytes = 16 * 2**20
    """A file is finished at this size."""
    file_s: Seconds = 60.0
    """A file is finished at this age."""
    most_bytes: Bytes = 2**30
    """Of all files together; then events are refused with 503 until some are taken."""


class StoreSettings(Section):
    """A bucket that finished files of the spool are brought to; AWS's usual variables say by whose rights."""

    url: Annotated[
        str,
        Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([A-Za-z0-9._=-]+/)*$"),
        Allowed("a folder of a bucket: s3://BUCKET/PREFIX/"),
    ]
    """Files go under it, by the day: ``day=2026-11-28/feedback-*.jsonl``."""
    every_s: Seconds = 10.0
    """How often finished files are looked for."""


class FrontSettings(Section):
    """All of a front."""

    triton: tuple[Url, ...] = Field(min_length=1, max_length=4)
    """Triton servers: that of this site first, then those of others."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on; 0: a free one, which the first line tells."""
    keys: str | None = None
    """File of API keys, as ``isthmus front key`` writes it."""
    tokens: Tokens | None = None
    """Whose JSON Web Tokens are taken."""
    anonymous: bool = False
    """Let everybody ask, without key or token."""
    guard: str | None = None
    """File of rules on answers; it is read again when it changes."""
    spool: SpoolSettings | None = None
    """Absent: feedback is refused with 503."""
    store: StoreSettings | None = None
    """Absent: somebody else takes the spool's files."""
    limits: RequestLimits = RequestLimits()
    times: Times = Times()
    hedges: Hedges = Hedges()
    breaker: Breaker = Breaker()
    popular: PopularList = PopularList()

    @model_validator(mode="after")
    def _somebody_may_ask(self) -> Self:
        if not (self.keys or self.tokens or self.anonymous):
            raise clash(
                "nobody may ask: name a file of keys (keys) or an issuer of tokens (tokens), "
                "or set anonymous: true"
            )
        if self.anonymous and (self.keys or self.tokens):
            raise clash("anonymous is true beside keys or tokens; leave one out", "anonymous")
        if self.store is not None and self.spool is None:
            raise clash("store names a bucket, and there is no spool to bring to it: name a folder", "spool")
        if self.times.hedge_after_s > self.times.answer_s:
            raise clash(
                f"times.hedge_after_s is {self.times.hedge_after_s:g} and times.answer_s is "
                f"{self.times.answer_s:g}: the other site would never be asked; make the former smaller",
                "times.hedge_after_s",
            )
        return self


def read_settings(file: Path | None, options: Mapping[str, Any]) -> FrontSettings:
    """What the file says, and over it the options that are given.

    Raises:
        SettingsError: something is wrong; it lists everything that is.
    """
    values = {} if file is None else read_yaml(file)
    # Port 0 is an option, and equal to False.
    given = {name: value for name, value in options.items() if value is not None and value is not False}
    return validate(FrontSettings, {**values, **given}, str(file or "the options"), "")


def read_yaml(file: Path) -> dict[str, Any]:
    """A mapping from a YAML file. Raises SettingsError."""
    try:
        text = file.read_bytes()
    except OSError as error:
        raise SettingsError(str(file), [Problem("", f"cannot be read ({error.strerror})")]) from None
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise SettingsError(str(file), [Problem("", f"is no YAML ({why}); write keys and values")]) from None
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SettingsError(str(file), [Problem("", "holds no keys with values; write a mapping")])
    return values
