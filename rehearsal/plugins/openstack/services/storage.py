"""Nova's key pairs and Swift's containers."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from urllib.parse import quote

from rehearsal.openstack_services.session import ServiceRefused, Session
from rehearsal.plugins.backend import Created, Properties
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.services.api import Api, or_gone

SWIFT: Final = "object-store"
META: Final = "X-Container-Meta-"
VERSIONS: Final = "X-Versions-Enabled"
_NOT_EMPTY: Final = 409


class Keypair(Api):
    """Known by its name; nothing of it changes."""

    def create(self, session: Session, inputs: Properties) -> Created:
        pair = session.post(self.service, self.path, {self.key: self.body(inputs)})[self.key]
        return Created(str(inputs["name"]), {"privateKey": pair.get("private_key", "")})

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """Every change replaces it."""


class Container(Api):
    """Its properties are headers."""

    def create(self, session: Session, inputs: Properties) -> Created:
        session.request(SWIFT, "PUT", _path(inputs["name"]), headers=_headers(inputs))
        return Created(str(inputs["name"]), {})

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        answer = or_gone(lambda: session.request(SWIFT, "HEAD", _path(id)))
        if answer is None:
            return None
        headers = answer.headers
        found: Properties = {**inputs, "storagePolicy": headers.get("X-Storage-Policy", "")}
        if "versioning" in inputs:
            found["versioning"] = headers.get(VERSIONS, "").lower() == "true"
        if "metadata" in inputs:
            # Swift keeps names of metadata without regard to case.
            found["metadata"] = {
                key: text for key in inputs["metadata"] if (text := headers.get(f"{META}{key}")) is not None
            }
        return found

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        gone = (old.get("metadata") or {}).keys() - (new.get("metadata") or {}).keys()
        removed = {f"X-Remove-Container-Meta-{key}": "x" for key in gone}
        session.request(SWIFT, "POST", _path(id), headers={**_headers(new), **removed})

    def delete(self, session: Session, id: str, inputs: Properties) -> None:
        try:
            or_gone(lambda: session.request(SWIFT, "DELETE", _path(id)))
        except ServiceRefused as refused:
            if refused.status != _NOT_EMPTY or not inputs.get("forceDestroy"):
                raise
            _empty(session, id)
            or_gone(lambda: session.request(SWIFT, "DELETE", _path(id)))


def _empty(session: Session, name: str) -> None:
    while objects := session.get(SWIFT, _path(name), params={"format": "json", "versions": "true"}):
        for one in objects:
            version = {"version-id": one["version_id"]} if one.get("version_id") else {}
            path = f"{_path(name)}/{quote(one['name'])}"
            or_gone(partial(session.request, SWIFT, "DELETE", path, params=version))


def _path(name: Any) -> str:
    return f"/{quote(str(name))}"


def _headers(inputs: Properties) -> dict[str, str]:
    headers = {f"{META}{key}": str(text) for key, text in (inputs.get("metadata") or {}).items()}
    if "versioning" in inputs:
        headers[VERSIONS] = str(bool(inputs["versioning"])).lower()
    for key, header in (
        ("containerRead", "X-Container-Read"),
        ("containerWrite", "X-Container-Write"),
        ("contentType", "Content-Type"),
        ("storagePolicy", "X-Storage-Policy"),
    ):
        if inputs.get(key):
            headers[header] = str(inputs[key])
    return headers


APIS: Final[dict[str, Api]] = {
    tokens.KEYPAIR: Keypair(
        "compute", "/os-keypairs", "keypair", shown=("fingerprint", "publicKey", "userId")
    ),
    tokens.CONTAINER: Container(SWIFT, "", ""),
}
