"""The API server asked as a client would: server-side apply, create, read, delete."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final

import httpx

from rehearsal.control_plane.certificates import ADMIN
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.control_plane.pin import API_SERVER

Object = dict[str, Any]

_APPLY: Final = "application/apply-patch+yaml"
_JSON_PATCH: Final = "application/json-patch+json"
_SECONDS: Final = 60.0


class Api:
    """A client of one control plane's API server, as its admin."""

    def __init__(self, plane: ControlPlane, url: str) -> None:
        self._plane = plane
        trusted = ssl.create_default_context(cafile=plane.keys.authority.certificate)
        pair = plane.keys.client(ADMIN[0])
        trusted.load_cert_chain(pair.certificate, pair.key)
        self._client = httpx.Client(base_url=url, verify=trusted, timeout=_SECONDS, trust_env=False)
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}
        self.warnings: list[str] = []
        """What the server has said beside its answers, such as which pods a namespace will not take."""

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ready(self) -> bool:
        """Whether the server says that it is ready; False where none answers."""
        try:
            return self._client.get("/readyz", timeout=2.0).is_success
        except httpx.HTTPError:
            return False

    def version(self) -> str:
        """The server's, such as ``v1.36.3``."""
        return str(self._ask("GET", "/version")["gitVersion"])

    def apply(
        self,
        object: Mapping[str, Any],
        *,
        manager: str = "isthmus",
        dry_run: bool = False,
        force: bool = False,
    ) -> Object:
        """Server-side apply; a field that the API does not have is refused. Raises ApiRefused."""
        options = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        where = self._path(object, named=True)
        return self._ask("PATCH", where, object, {**options, **_dry(dry_run)}, {"Content-Type": _APPLY})

    def create(self, object: Mapping[str, Any], *, manager: str = "isthmus", dry_run: bool = False) -> Object:
        """Create what must not exist yet. Raises ApiRefused."""
        options = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        return self._ask("POST", self._path(object, named=False), object, options)

    def get(self, version: str, kind: str, name: str, namespace: str = "") -> Object | None:
        """One object; None where there is none."""
        named = _reference(version, kind, name, namespace)
        try:
            return self._ask("GET", self._path(named, named=True))
        except ApiRefused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def list(self, version: str, kind: str, namespace: str = "") -> list[Object]:
        """All objects of a kind, in one namespace or in all."""
        path = self._path(_reference(version, kind, "", namespace), named=False)
        return list(self._ask("GET", path)["items"])

    def patch(self, object: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> Object:
        """Change the object of this name by the operations of a JSON patch. Raises ApiRefused."""
        path = self._path(object, named=True)
        return self._ask("PATCH", path, changes, headers={"Content-Type": _JSON_PATCH})

    def delete(
        self, version: str, kind: str, name: str, namespace: str = "", *, propagation: str = ""
    ) -> None:
        """Delete one object, its dependents after it. Raises ApiRefused.

        ``propagation`` is ``Foreground`` (after its dependents), ``Background`` or ``Orphan``; the kind's own
        otherwise.
        """
        options = {"propagationPolicy": propagation} if propagation else None
        self._ask("DELETE", self._path(_reference(version, kind, name, namespace), named=True), None, options)

    def _path(self, object: Mapping[str, Any], *, named: bool) -> str:
        version, metadata = str(object["apiVersion"]), object["metadata"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._plurals:
            found = self._ask("GET", root)["resources"]
            self._plurals[version] = {
                one["kind"]: (one["name"], one["namespaced"]) for one in found if "/" not in one["name"]
            }
        if object["kind"] not in self._plurals[version]:
            raise ApiRefused(404, "NotFound", f"{version} has no kind {object['kind']}")
        plural, namespaced = self._plurals[version][object["kind"]]
        inside = f"/namespaces/{metadata['namespace']}" if namespaced and metadata.get("namespace") else ""
        return f"{root}{inside}/{plural}" + (f"/{metadata['name']}" if named else "")

    def _ask(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        options: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        try:
            answer = self._client.request(method, path, json=content, params=options, headers=headers)
        except httpx.HTTPError as error:
            # Also where the server panics over a request: it lives on, and ends the connection.
            raise ControlPlaneError(
                f"The API server of {self._plane.site} gave no answer to {method} {path} "
                f"({str(error) or type(error).__name__}): its log is {self._plane.log(API_SERVER)}."
            ) from None
        self.warnings += [said.split('"')[1] for said in answer.headers.get_list("warning") if '"' in said]
        told: Object = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if not answer.is_success:
            said = told.get("message") or answer.text.strip()
            raise ApiRefused(answer.status_code, str(told.get("reason", "")), str(said))
        return told


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _reference(version: str, kind: str, name: str, namespace: str) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
