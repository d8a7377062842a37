"""Object stores that speak the S3 API: clients, buckets, and what goes wrong there as a sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from isthmus.errors import WRONG_DATA, IsthmusError, StoreFailed, WrongData

MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
"""Codes of an object that is not there."""
_TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
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


class StoreMisnamed(WrongData):
    """No client can be made: an address, a profile or a setting of AWS is not one."""


class ExpectedCode(IsthmusError):
    """The store answered with a code that the caller deals with itself."""


def aws_client() -> Any:
    """A client for AWS, from the pod's identity and AWS_ENDPOINT_URL where one is set.

    Raises:
        StoreMisnamed: when the address is none, or a profile or a setting of AWS is not there.
    """
    return _client(
        os.environ,
        _ENDPOINTS,
        "path" if os.environ.get("AWS_ENDPOINT_URL") else "auto",
        # botocore reads AWS_DEFAULT_REGION alone (botocore 1.44, configprovider.py): without it S3 and STS
        # were asked in us-east-1.
        region_name=os.environ.get("AWS_REGION") or None,
    )


def client_for_orders(environment: Mapping[str, str]) -> Any:
    """A client for the private site's store.

    Takes ORDERS_ENDPOINT_URL, ORDERS_REGION, ORDERS_ACCESS_KEY_ID and ORDERS_SECRET_ACCESS_KEY; what is
    absent is left to the usual AWS variables. Checksums are sent only where the API requires them: not every
    S3-speaking store knows the newer ones.

    Raises:
        StoreMisnamed: when the address is none, or a profile or a setting of AWS is not there.
    """
    return _client(
        environment,
        ("ORDERS_ENDPOINT_URL", *_ENDPOINTS),
        "path",
        {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"},
        endpoint_url=environment.get("ORDERS_ENDPOINT_URL") or None,
        aws_access_key_id=environment.get("ORDERS_ACCESS_KEY_ID") or None,
        aws_secret_access_key=environment.get("ORDERS_SECRET_ACCESS_KEY") or None,
        region_name=environment.get("ORDERS_REGION") or environment.get("AWS_REGION") or "us-east-1",
    )


class Bucket:
    """One bucket, or what is under a prefix of it; whatever goes wrong there is a ``StoreFailed``.

    Args:
        name: of the bucket.
        client: a boto3 S3 client.
        prefix: is put before every key; empty, or ends in "/".
    """

    def __init__(self, name: str, client: Any, prefix: str = "") -> None:
        self.name, self.client, self.prefix = name, client, prefix

    def address(self, key: str) -> str:
        """Where a key is, for people."""
        return f"s3://{self.name}/{self.prefix}{key}"

    def head(self, key: str, **more: Any) -> dict[str, Any] | None:
        """What the store tells of an object; None when there is none."""
        with suppress(ExpectedCode), self.speaking("read", key, but=MISSING):
            response: dict[str, Any] = self.client.head_object(
                Bucket=self.name, Key=self.prefix + key, **more
            )
            return response
        return None

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None when there is none."""
        with suppress(ExpectedCode), self.speaking("read", key, but=MISSING):
            body: bytes = self.client.get_object(Bucket=self.name, Key=self.prefix + key)["Body"].read()
            return body
        return None

    def download(self, key: str, path: Path) -> bool:
        """Write an object to a file; False when there is none."""
        with suppress(ExpectedCode), self.speaking("read", key, but=MISSING):
            self.client.download_file(self.name, self.prefix + key, str(path))
            return True
        return False

    def put(self, key: str, content: Any, **more: Any) -> Any:
        """Write an object; returns the store's answer."""
        with self.speaking("written", key):
            return self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=content, **more)

    def put_new(self, key: str, content: bytes) -> bool:
        """Write an object where none is yet; False when there is one."""
        with suppress(ExpectedCode), self.speaking("written", key, but=_TAKEN):
            self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=content, IfNoneMatch="*")
            return True
        return False

    def upload(self, path: Path, key: str, **more: Any) -> None:
        """Write a file as an object, in parts where it is large."""
        with self.speaking("written", key):
            self.client.upload_file(str(path), self.name, self.prefix + key, ExtraArgs=more)

    def keys(self, under: str, after: str = "") -> list[str]:
        """The keys under a prefix, in order, without the bucket's own prefix; those after a key alone."""
        start = {"StartAfter": self.prefix + after} if after else {}
        with self.speaking("listed", under):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=self.prefix + under, **start
            )
            found = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return [key.removeprefix(self.prefix) for key in found]

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self.speaking("deleted", key):
            self.client.delete_object(Bucket=self.name, Key=self.prefix + key)

    @contextmanager
    def speaking(self, verb: str, key: str, but: Collection[str] = ()) -> Iterator[None]:
        """Turn what the library raises inside the block into one sentence.

        Args:
            verb: what cannot be done with the key, as a participle.
            key: that is spoken of.
            but: codes that the caller deals with itself.

        Raises:
            StoreFailed: its exit status is that of wrong data where no retry can help.
            ExpectedCode: the store answered with one of the codes ``but``.
        """
        try:
            yield
        except Exception as error:
            if not _is_of_the_library(error):
                raise
            if _code(error) in but:
                raise ExpectedCode from error
            where = self.address(key)
            endpoint = str(getattr(getattr(self.client, "meta", None), "endpoint_url", None) or "the store")
            why, for_good = _why(error, where, endpoint)
            ours = StoreFailed(f"{where} cannot be {verb}: {why}")
            if for_good:
                ours.exit_status = WRONG_DATA
            raise ours from error


def _client(
    environment: Mapping[str, str],
    variables: Collection[str],
    addressing: str,
    config: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Any:
    """A client of boto3; what is wrong with its surroundings is a sentence that names the variable.

    It asks six times, or as often as AWS_MAX_ATTEMPTS says.
    """
    import boto3
    from botocore.config import Config

    name, address = next(((name, found) for name in variables if (found := environment.get(name))), ("", ""))
    if address and not _is_address(address):
        raise StoreMisnamed(
            f"{name} is {address!r}; the address of a store is like https://HOST or http://HOST:PORT"
        )
    retries = {"mode": "standard"} | ({} if environment.get("AWS_MAX_ATTEMPTS") else {"max_attempts": 6})
    try:
        return boto3.client(
            "s3",
            config=Config(
                s3={"addressing_style": addressing},
                retries=retries,
                connect_timeout=10,
                read_timeout=60,
                **(config or {}),
            ),
            **arguments,
        )
    except ValueError as error:  # botocore's own word for an address or a number that it cannot read
        raise StoreMisnamed(f"a store cannot be reached: {_in_one_line(error)}; mend the variable") from None
    except Exception as error:
        if not _is_of_the_library(error):
            raise
        raise StoreMisnamed(
            f"a store cannot be reached: {_in_one_line(error)}; mend AWS_PROFILE or `aws configure`"
        ) from None


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _code(error: Exception) -> str:
    """What the store answered, as S3 names it; empty where it did not answer."""
    from botocore.exceptions import ClientError

    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _is_of_the_library(error: Exception) -> bool:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    family = (Boto3Error, BotoCoreError, ClientError, ResponseParserError)
    return isinstance(error, family) or type(error).__module__ == "s3transfer.exceptions"


def _why(error: Exception, where: str, address: str) -> tuple[str, bool]:
    """What is wrong and what to do, and whether the same would fail again."""
    from boto3.exceptions import Boto3Error
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    known = exceptions.ClientError | exceptions.BotoCoreError
    if isinstance(error, Boto3Error) and isinstance(error.__context__, known):
        error = error.__context__  # boto3's transfers put it into a text
    if isinstance(error, exceptions.ClientError):
        return _answered(error, where, address)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return f"there are no credentials for {address}; set {_KEYS}", False
    if isinstance(error, exceptions.SSLError):
        if "WRONG_VERSION_NUMBER" in str(error) or "record layer" in str(error):
            return f"{address} speaks no TLS; write its address with http://", True
        return (
            f"the certificate of {address} is not trusted ({_last_of(error)}); "
            "name the file of its authority with AWS_CA_BUNDLE",
            True,
        )
    if isinstance(error, exceptions.ProxyConnectionError):
        return "the proxy of HTTPS_PROXY or HTTP_PROXY does not answer; mend it, or add to NO_PROXY", False
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return f"nothing answers at {address}; is it up, and is that its address?", False
    if isinstance(error, exceptions.ReadTimeoutError):
        return f"{address} does not answer in time; try again later", False
    if isinstance(error, exceptions.ParamValidationError | exceptions.InvalidDNSNameError):
        return f"that is not the name of a bucket and a key ({_in_one_line(error)})", True
    if isinstance(error, exceptions.ConnectionClosedError | ResponseParserError):
        return (
            f"{address} does not answer as an S3 store does; another program may be there, or the address "
            "needs https://",
            False,
        )
    return _in_one_line(error), False


def _answered(error: Any, where: str, address: str) -> tuple[str, bool]:
    """What is wrong and what to do, by what a store answered; and whether the same would fail again."""
    answer = error.response.get("Error", {})
    code, message = str(answer.get("Code", "")), " ".join(str(answer.get("Message", "")).split())
    bucket = urlsplit(where).netloc or where
    if code == "NoSuchBucket":
        return f"{address} has no bucket {bucket}; mend the name, or create it", True
    if code in _EXPIRED:
        return f"the credentials for {address} have expired; get new ones (`aws sso login`)", False
    if code in _DENIED:
        return f"{address} refuses these credentials ({code}); give them the right, or set {_KEYS}", False
    if code in _ELSEWHERE:
        return (
            f"the bucket {bucket} is in another region ({code}); set AWS_REGION (of the private store: "
            "ORDERS_REGION) to its own",
            True,
        )
    if code in _NO_NAME:
        return f"{bucket} is no name of a bucket", True
    if code == "400" or code == "BadRequest":
        return f"{address} does not take the request ({code}); its address may need https://", False
    return f"{address} answers {code}{f': {message}' if message else ''}", False


def _last_of(error: Exception) -> str:
    """The reason at the end of a chain of messages, without the library's own words."""
    found = re.search(r"certificate verify failed: ([^(\]]+)", str(error))
    return found[1].strip() if found else _in_one_line(error)


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
