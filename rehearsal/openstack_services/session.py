"""A session with the running services: tokens, and the catalogue that says where each of them is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from isthmus.errors import IsthmusError
from rehearsal.openstack_services.services import Cloud

_REFUSALS: Final = 400
MICROVERSIONS: Final = {"container-infra": "1.10"}
"""Versions of an API that are asked for: Magnum's first with node groups that may be empty (magnum 23.0.0,
``magnum/api/rest_api_version_history.rst``; 2026-11-27)."""


class ServiceRefused(IsthmusError):
    """A service's own refusal, in its words; ``status`` is that of HTTP."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


class ServiceAway(IsthmusError):
    """A service that does not answer, or Keystone, who says where it is."""

    def __init__(self, service: str, why: object) -> None:
        super().__init__(
            f"the private site's {service} does not answer ({str(why).rstrip('.')}): run the same command "
            "again, which starts services that ended"
        )


class Session:
    """Requests by service type and path; answers of JSON. One for all threads of a process."""

    def __init__(self, auth_url: str, region: str, credentials: Mapping[str, Any]) -> None:
        # Here, not above: it takes most of a second to load, and not every command asks a service.
        import requests
        from keystoneauth1 import session
        from keystoneauth1.identity import v3

        self._region = region
        plain = requests.Session()
        plain.trust_env = False  # past any proxy that the environment names: this goes to loopback
        self._session = session.Session(auth=v3.Password(auth_url=auth_url, **credentials), session=plain)

    @classmethod
    def of(cls, cloud: Cloud, *, administrator: bool = False) -> Session:
        """As the estate's own user, or as the cloud's administrator."""
        return cls(cloud.auth_url, cloud.region, cloud.administrator if administrator else cloud.credentials)

    @property
    def project_id(self) -> str:
        """The project that the session is for."""
        return str(self._session.get_project_id())

    def request(self, service: str, method: str, path: str, **arguments: Any) -> Any:
        """The response; ``path`` begins below the service's endpoint, ``arguments`` are requests' own.

        Raises ServiceRefused, ServiceAway.
        """
        where = {"service_type": service, "interface": "public", "region_name": self._region}
        if service in MICROVERSIONS:
            version = {"OpenStack-API-Version": f"{service} {MICROVERSIONS[service]}"}
            arguments["headers"] = {**version, **arguments.get("headers", {})}
        from keystoneauth1.exceptions import ClientException

        try:
            # keystoneauth1 would not find the sentence in Neutron's refusals.
            answer = self._session.request(path, method, endpoint_filter=where, raise_exc=False, **arguments)
        except ClientException as error:
            raise ServiceAway(service, error) from error
        if answer.status_code >= _REFUSALS:
            raise ServiceRefused(answer.status_code, sentence(answer.text))
        return answer

    def get(self, service: str, path: str, **arguments: Any) -> Any:
        """The decoded answer of a GET."""
        return self.request(service, "GET", path, **arguments).json()

    def post(self, service: str, path: str, body: Mapping[str, Any], **arguments: Any) -> Any:
        """The decoded answer of a POST of JSON."""
        return self.request(service, "POST", path, json=body, **arguments).json()


def sentence(text: str) -> str:
    """What a refusal says, out of the several forms that the services give it."""
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = " ".join(re.sub(r"<[^>]*>", " ", text).split())  # Swift answers with a small page
    while isinstance(body, dict | list) and body:
        if isinstance(body, list):
            body = body[0]
            continue
        keys = ("message", "detail", "description", "faultstring", "title")
        key = next((key for key in keys if body.get(key)), next(iter(body)))
        body = body[key]
    return str(body)


__all__ = ["ServiceAway", "ServiceRefused", "Session", "sentence"]
