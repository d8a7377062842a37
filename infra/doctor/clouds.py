"""Both clouds as the user's own credentials see them. Nothing here writes."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Literal

from infra.settings import Settings
from isthmus.errors import IsthmusError

SECONDS: Final = 15
"""How long one request may take; a check makes a few, one after the other."""
STAND_IN: Final = "rehearsal"
"""Key of a stand-in on this machine: it opens nothing."""
WHO: Final = ("OS_CLOUD", "OS_APPLICATION_CREDENTIAL_ID", "OS_USERNAME", "OS_USER_ID", "OS_TOKEN")
"""Variables of which the OpenStack provider needs one (terraform-provider-openstack 3.4, docs/index.md)."""


class NoCredentials(IsthmusError):
    """A site that nobody has given credentials for."""


@dataclass
class Clouds:
    """Clients of both sites, made when first asked for; checks of several threads share them."""

    settings: Settings
    secrets_provider: str | None = None
    """What the stack file says of it."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """Where the credentials of OpenStack come from; those of AWS come from wherever boto3 finds them."""
    _lock: Lock = field(default_factory=Lock)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _refused: dict[str, Exception | None] = field(default_factory=dict)
    _session: Any = None
    _connection: Any = None

    def sign_in(self, site: Literal["aws", "openstack"]) -> None:
        """Find a site's credentials, once. Raises NoCredentials, and what the cloud refuses them with."""
        with self._lock:
            if site not in self._refused:
                self._refused[site] = self._sign_in(site)
            if (refused := self._refused[site]) is not None:
                raise refused

    def _sign_in(self, site: str) -> Exception | None:
        try:
            if site == "aws":
                self._aws_session()
            else:
                self._connection = self._connected()
        except Exception as error:
            return error
        return None

    def aws(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of one service; ``sign_in`` comes first."""
        from botocore.config import Config

        region = region or self.settings.aws.region
        config = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 2})
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._aws_session().client(
                    service,
                    region_name=region,
                    endpoint_url=self.settings.aws.endpoint_url,
                    config=config,
                )
            return self._clients[service, region]

    def _aws_session(self) -> Any:
        import boto3
        import botocore.session

        if self._session is None:
            if self.settings.aws.endpoint_url is not None:
                self._session = boto3.Session(STAND_IN, STAND_IN)
                return self._session
            session = botocore.session.Session()
            # Where there is no instance metadata, this passes before that is known: in whole seconds.
            session.set_config_variable("metadata_service_timeout", 1)
            if session.get_credentials() is None:
                raise NoCredentials("no AWS credentials: sign in (aws sso login, AWS_PROFILE or AWS_*)")
            self._session = boto3.Session(botocore_session=session)
        return self._session

    def openstack(self) -> Any:
        """An openstacksdk connection, with a token; ``sign_in`` comes first."""
        return self._connection

    def _connected(self) -> Any:
        given = {name: value for name, value in self.environment.items() if name.startswith("OS_")}
        if not any(given.get(name) for name in WHO):
            raise NoCredentials(
                "no OpenStack credentials: set OS_CLOUD, or OS_APPLICATION_CREDENTIAL_ID and _SECRET"
            )
        # Here, not above: they take most of a second to load.
        from openstack.config.loader import OpenStackConfig
        from openstack.connection import Connection

        site = self.settings.openstack
        named = given.get("OS_CLOUD")
        auth = {
            name.removeprefix("OS_").lower(): value
            for name, value in given.items()
            if name not in ("OS_CLOUD", "OS_REGION_NAME", "OS_AUTH_TYPE", "OS_INTERFACE", "OS_CACERT")
        }
        kind = given.get("OS_AUTH_TYPE") or (
            "v3applicationcredential" if "OS_APPLICATION_CREDENTIAL_ID" in given else None
        )
        how: dict[str, Any] = {"auth_type": kind} if kind else {}
        region = OpenStackConfig(load_envvars=False).get_one(
            cloud=named,
            auth={**auth, "auth_url": site.auth_url},
            region_name=site.region,
            cacert=given.get("OS_CACERT"),
            api_timeout=SECONDS,
            **how,
        )
        # It tells a log of each thing that it finds out.
        logging.getLogger("keystoneauth").setLevel(logging.CRITICAL)
        connection = Connection(config=region)
        connection.authorize()
        return connection


__all__ = ["SECONDS", "Clouds", "NoCredentials"]
