"""The errors of boto3 and botocore as sentences, for every place that speaks to a store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from isthmus.errors import WRONG_DATA
from training.errors import StoreFailed, TrainingError

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""As botocore looks for an address, the first one first."""
_KEYS: Final = (
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (of the private store: ORDERS_ACCESS_KEY_ID "
    "and ORDERS_SECRET_ACCESS_KEY)"
)
_DENIED: Final = {
    "403",
    "AccessDenied",
    "AllAccessDisabled",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
}
_EXPIRED: Final = {"ExpiredToken", "RequestExpired", "TokenRefreshRequired"}
_ELSEWHERE: Final = {
    "301",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
}
"""Codes of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; a HEAD has numbers only."""
_NO_NAME: Final = {"InvalidBucketName", "InvalidURI"}


@contextmanager
def speaking_to(
    client: Any,
    where: str,
    verb: str = "used",
    failed: type[StoreFailed] = StoreFailed,
    but: tuple[type[Exception], ...] | type[Exception] = (),
) -> Iterator[None]:
    """Turn what the library raises inside the block into one sentence.

    Args:
        client: that is spoken through.
        where: ``s3://BUCKET/KEY``.
        verb: what cannot be done with it, as a participle.
        failed: class of the error; its exit status is that of wrong data where no retry can help.
        but: what the caller answers by itself.
    """
    try:
        yield
    except but:
        raise
    except Exception as error:
        if not _is_of_the_library(error):
            raise
        raise failure(error, client, where, verb, failed) from error


def failure(
    error: Exception, client: Any, where: str, verb: str, failed: type[StoreFailed] = StoreFailed
) -> StoreFailed:
    """The error of ours for one of the library; see ``speaking_to``."""
    address = str(getattr(getattr(client, "meta", None), "endpoint_url", None) or "the store")
    why, for_good = _why(error, where, address)
    ours = failed(f"{where} cannot be {verb}: {why}")
    if for_good:
        ours.exit_status = WRONG_DATA
    return ours


@contextmanager
def making_a_client(environment: Mapping[str, str], *named: str) -> Iterator[None]:
    """Turn what is wrong with the surroundings of a client - addresses, profiles, settings - into a sentence.

    Args:
        environment: with the addresses.
        named: variables that may hold the address, those of AWS after them.

    Raises:
        TrainingError: naming the variable, where it is one.
    """
    for name in (*named, *_ENDPOINTS):
        if address := environment.get(name):
            if not _is_address(address):
                raise TrainingError(
                    f"{name} is {address!r}; the address of a store is like https://HOST or http://HOST:PORT"
                )
            break
    try:
        yield
    except ValueError as error:  # botocore's own word for an address or a number that it cannot read
        raise TrainingError(f"a store cannot be reached: {_in_one_line(error)}; mend the variable") from None
    except Exception as error:
        if not _is_of_the_library(error):
            raise
        raise TrainingError(
            f"a store cannot be reached: {_in_one_line(error)}; mend AWS_PROFILE or `aws configure`"
        ) from None


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_of_the_library(error: Exception) -> bool:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    family = (Boto3Error, BotoCoreError, ClientError, ResponseParserError)
    return isinstance(error, family) or type(error).__module__ == "s3transfer.exceptions"


def _why(error: Exception, where: str, address: str) -> tuple[str, bool]:
    """What is wrong and what to do, and whether the same would fail again."""
    from boto3.exceptions import Boto3Error
    from botocore import exceptions as of
    from botocore.parsers import ResponseParserError

    if isinstance(error, Boto3Error) and isinstance(error.__context__, of.ClientError | of.BotoCoreError):
        error = error.__context__  # boto3's transfers put it into a text
    if isinstance(error, of.ClientError):
        return _answered(error, where, address)
    if isinstance(error, of.NoCredentialsError | of.PartialCredentialsError):
        return f"there are no credentials for {address}; set {_KEYS}", False
    if isinstance(error, of.SSLError):
        if "WRONG_VERSION_NUMBER" in str(error) or "record layer" in str(error):
            return f"{address} speaks no TLS; write its address with http://", True
        return (
            f"the certificate of {address} is not trusted ({_last_of(error)}); "
            "name the file of its authority with AWS_CA_BUNDLE",
            True,
        )
    if isinstance(error, of.ProxyConnectionError):
        return "the proxy of HTTPS_PROXY or HTTP_PROXY does not answer; mend it, or add to NO_PROXY", False
    if isinstance(error, of.EndpointConnectionError | of.ConnectTimeoutError):
        return f"nothing answers at {address}; is it up, and is that its address?", False
    if isinstance(error, of.ReadTimeoutError):
        return f"{address} does not answer in time; try again later", False
    if isinstance(error, of.ParamValidationError | of.InvalidDNSNameError):
        return f"that is not the name of a bucket and a key ({_in_one_line(error)})", True
    if isinstance(error, of.ConnectionClosedError | ResponseParserError):
        return (
            f"{address} does not answer as an S3 store does; another program may be there, or the address "
            "needs https://",
            False,
        )
    return _in_one_line(error), False


def _answered(error: Any, where: str, address: str) -> tuple[str, bool]:
    """The same for what a store answered."""
    told = error.response.get("Error", {})
    code, said = str(told.get("Code", "")), " ".join(str(told.get("Message", "")).split())
    bucket = urlsplit(where).netloc or where
    if code == "NoSuchBucket":
        return f"{address} has no bucket {bucket}; mend the name, or create it", True
    if code in _EXPIRED:
        return f"the credentials for {address} have expired; get new ones (`aws sso login`)", False
    if code in _DENIED:
        return f"{address} refuses these credentials ({code}); give them the right, or set {_KEYS}", False
    if code in _ELSEWHERE:
        return f"the bucket {bucket} is in another region ({code}); set AWS_REGION to its own", True
    if code in _NO_NAME:
        return f"{bucket} is no name of a bucket", True
    if code == "400" or code == "BadRequest":
        return f"{address} does not take the request ({code}); its address may need https://", False
    return f"{address} answers {code}{f': {said}' if said else ''}", False


def _last_of(error: Exception) -> str:
    """The reason at the end of a chain of messages, without the library's own words."""
    found = re.search(r"certificate verify failed: ([^(\]]+)", str(error))
    return found[1].strip() if found else _in_one_line(error)


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
