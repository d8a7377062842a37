"""URLs in a stack file: of services, of the tokens' issuer, of raw orders, of databases."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import BeforeValidator, Field

from isthmus.settings.annotations import Allowed, refuse

LONGEST = 2048
"""Characters of a URL."""
DATABASE = "postgresql+psycopg"
"""The one driver that the image of the jobs has."""
PORTS = {"http": 80, "https": 443, DATABASE: 5432}
"""What a URL without a port means, by its scheme."""

# RFC 3986, 2, but the dollar, as Kubernetes reads $(NAME) in a variable: anything else stands there as %20.
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# What boto3 takes for a bucket's name; a store of one's own may be laxer than AWS.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")


def parse(value: Any, allowed: str) -> SplitResult:
    """The parts of a URL that a client can call.

    Raises:
        PydanticCustomError: no text, too long, a character that needs escaping, or no host or port that there
            can be; it ends with ``allowed``.
    """
    if not isinstance(value, str):
        raise refuse(f"allowed is {allowed}")
    if len(value) > LONGEST:
        raise refuse(f"allowed is {allowed}, of at most {LONGEST} characters")
    if not _CHARACTERS.fullmatch(value):
        raise refuse(
            f"a space stands in a URL as %20, and all but ASCII letters, digits and -._~:/?#[]@!&'()*+,;= "
            f"as their bytes; allowed is {allowed}"
        )
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise refuse(f"allowed is {allowed}") from None
    try:
        number = parts.port
    except ValueError:
        number = 0
    if number == 0 or parts.netloc.endswith(":"):
        raise refuse(f"a port is a number from 1 to 65535; allowed is {allowed}")
    if host is not None and not is_host(host):
        raise refuse(f"{host} is no name or address of a host; allowed is {allowed}")
    return parts


def is_host(host: str) -> bool:
    """Whether a host can be called by this name or address (RFC 1123, 2.1)."""
    if (address := _address(host)) is not None:
        return not (address.is_unspecified or address.is_multicast or host == "255.255.255.255")
    labels = host.removesuffix(".").split(".")
    # A name that ends in a number is an address that went wrong, such as 10.0.0.256.
    return len(host) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_loopback(url: str) -> bool:
    """Whether a URL can only reach this machine."""
    host = (urlsplit(url).hostname or "").removesuffix(".")
    address = _address(host)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback if address else host == "localhost"


_HTTP = "a URL such as https://keystone.example.org:5000/v3"


def _http_url(value: Any) -> str:
    parts = parse(value, _HTTP)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refuse(f"allowed is {_HTTP}")
    if "@" in parts.netloc:
        raise refuse("allowed is a URL without a user name or password in it")
    if "?" in value or "#" in value:
        raise refuse(f"allowed is a URL without ? and #, {_HTTP.removeprefix('a URL ')}")
    return str(value)


HttpUrl = Annotated[
    str,
    BeforeValidator(_http_url),
    Field(json_schema_extra={"pattern": "^https?://[^/@]+"}),
    Allowed("an http:// or https:// URL without credentials"),
]

_ISSUER = "a URL such as https://oidc.example.org, which AWS can reach"


def _issuer(value: Any) -> str:
    parts = parse(value, _ISSUER)
    if parts.scheme != "https" or not parts.hostname:
        raise refuse(f"allowed is {_ISSUER}")
    # IAM API reference, CreateOpenIDConnectProvider: 255 characters, no query, no port.
    if "@" in parts.netloc or parts.port is not None or "?" in value or "#" in value or len(value) > 255:
        raise refuse(
            f"AWS takes an issuer of at most 255 characters without port, user, ? and #; allowed is {_ISSUER}"
        )
    address = _address(parts.hostname)
    if parts.hostname == "localhost" or (address is not None and not address.is_global):
        raise refuse(f"AWS cannot reach {parts.hostname}; allowed is {_ISSUER}")
    if "," in value or "=" in value:
        raise refuse(f"it becomes an option of the API server, which , and = would cut; allowed is {_ISSUER}")
    return str(value)


IssuerUrl = Annotated[
    str,
    BeforeValidator(_issuer),
    Field(json_schema_extra={"pattern": "^https://[^/@?#:]+(/[^?#]*)?$"}),
    Allowed("an https:// URL that AWS can reach"),
]

_DATABASE = f"{DATABASE}://HOST/DATABASE?table=NAME"
_FOLDERS = "s3://BUCKET/PREFIX/ or file:///FOLDER/, with a slash at the end"


def orders_url(value: Any) -> str:
    """Read where the raw orders are: ``s3://BUCKET/PREFIX/``, ``file:///FOLDER/``, or a PostgreSQL database.

    Raises:
        PydanticCustomError: another scheme, no bucket, no slash at the end, a way up (``..``), no table, or a
            user in the URL, whose name and password belong into the secret.
    """
    allowed = f"{_FOLDERS}, or {_DATABASE}"
    scheme = value.partition("://")[0] if isinstance(value, str) else ""
    if scheme == "s3":
        # A bucket's name is no name of a host: it may have underscores.
        bucket, slash, path = value.removeprefix("s3://").partition("/")
        if not (_BUCKET.fullmatch(bucket) and ".." not in bucket):
            raise refuse(f"{bucket or 'nothing'} is no name of a bucket; allowed is {allowed}")
        if not slash:
            raise refuse(f"allowed is {allowed}")
        parse(f"s3:///{path}", allowed)
        _folder(path, value, allowed)
        return str(value)
    parts = parse(value, allowed)
    if parts.scheme == DATABASE:
        database(value, parts, f"a database is {_DATABASE}")
        if not parse_qs(parts.query).get("table", [""])[0]:
            raise refuse(f"it names no table; a database is {_DATABASE}")
        return str(value)
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise refuse(f"allowed is {allowed}")
    _folder(parts.path.removeprefix("/"), value, allowed)
    return str(value)


def _folder(path: str, url: str, allowed: str) -> None:
    if "?" in url or "#" in url or (path and not path.endswith("/")):
        raise refuse(f"allowed is {allowed}")
    steps = path.removesuffix("/").split("/") if path else []
    if any(step in ("", ".", "..") for step in steps):
        raise refuse(f"a folder's names are neither empty nor . nor ..; allowed is {allowed}")
    if not path and url.startswith("file:"):
        raise refuse(f"the folder / is the whole machine; allowed is {allowed}")


def database(url: str, parts: SplitResult, allowed: str) -> None:
    """See that a database's URL names host and database, and nobody.

    Raises:
        PydanticCustomError: it does not; the refusal ends with ``allowed``.
    """
    if "@" in parts.netloc or {"user", "password"} & parse_qs(parts.query).keys():
        raise refuse(
            f"{allowed}; user and password are the orders_access_key_id and orders_secret_access_key of the "
            "secret"
            if "table" in allowed
            else allowed
        )
    if not parts.hostname or not parts.path.strip("/") or "/" in parts.path.strip("/") or "#" in url:
        raise refuse(allowed)


def storage_url(value: Any) -> str:
    """Read where the trials of a tuning are: a PostgreSQL database without a user in its URL.

    Raises:
        PydanticCustomError: it is something else.
    """
    allowed = f"allowed is {DATABASE}://HOST/DATABASE, without user and password"
    parts = parse(value, allowed.removeprefix("allowed is "))
    if parts.scheme != DATABASE:
        raise refuse(allowed)
    database(value, parts, allowed)
    return str(value)


def port(url: str) -> int:
    """The TCP port that a URL of a service means."""
    parts = urlsplit(url)
    return parts.port or PORTS[parts.scheme]
