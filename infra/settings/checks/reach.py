"""Stack ``local`` reaches this machine only, and every other stack never stands on a stand-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from infra.settings.model import Settings
from infra.settings.urls import DATABASE, is_loopback, port
from isthmus.settings.errors import Problem

LOCAL = "local"


def _stand_ins(urls: Mapping[str, str]) -> Iterator[Problem]:
    """Each stand-in listens on a port of its own, without TLS."""
    paths: dict[tuple[str, int], str] = {}
    for path, url in urls.items():
        parts = urlsplit(url)
        if not is_loopback(url):
            continue
        if parts.scheme != "http" or parts.port is None:
            yield Problem(
                path,
                f"is {url}; a stand-in on this machine has no TLS and a port of its own: write such as "
                "http://127.0.0.1:4610",
            )
            continue
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
        other = paths.setdefault((host, port(url)), path)
        if other != path:
            yield Problem(
                path, f"is {url}, where {other} listens; two stand-ins need two ports: choose another one"
            )


def reach(settings: Settings) -> Iterator[Problem]:
    """Problems with where a stack's calls go."""
    aws, openstack = settings.aws, settings.openstack
    urls = {
        "openstack.auth_url": openstack.auth_url,
        "openstack.object_store_url": openstack.object_store_url,
    }
    if settings.stack == LOCAL:
        if aws.endpoint_url is None:
            yield Problem(
                "aws.endpoint_url",
                "is missing; stack local may only reach this machine: set it, such as http://127.0.0.1:4610",
            )
        else:
            urls["aws.endpoint_url"] = aws.endpoint_url
        for path, url in urls.items():
            if not is_loopback(url):
                yield Problem(
                    path,
                    f"is {url}; stack local may only reach this machine: "
                    "write a loopback address such as http://127.0.0.1:4610",
                )
        yield from _stand_ins(urls)
        orders = settings.training.orders_url
        if orders.startswith(DATABASE) and not is_loopback(orders):
            yield Problem(
                "training.orders_url",
                f"is {orders}; stack local may only reach this machine: name a database at 127.0.0.1",
            )
        return
    if aws.endpoint_url is not None:
        yield Problem(
            "aws.endpoint_url",
            f"is {aws.endpoint_url}; a stand-in for AWS is allowed only in stack local: remove the key",
        )
    for path, url in urls.items():
        if is_loopback(url) or not url.startswith("https://"):
            yield Problem(
                path,
                f"is {url}; allowed outside stack local is an https:// URL of the private cloud: write that",
            )
    if openstack.throw_away_keys is not None:
        yield Problem(
            "openstack.throw_away_keys",
            "is allowed only in stack local: remove it, the keys live in the Barbican secret that "
            "openstack.keys_secret names",
        )
    if settings.training.orders_url.startswith("file:"):
        yield Problem(
            "training.orders_url",
            f"is {settings.training.orders_url}; a folder of this machine is allowed only in stack local: "
            "write s3://BUCKET/PREFIX/ in the private object store, or a database of the private site",
        )
