"""The API server asked as a client would: server-side apply, create, read, watch, delete."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final

import httpx
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from rehearsal.control_plane.certificates import ADMIN
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError
from rehearsal.control_plane.layout import ControlPlane
from rehearsal.control_plane.pin import API_SERVER

Object = dict[str, Any]
Objects = list[Object]
Kinds = list[tuple[str, str]]
_Content = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

_APPLY: Final = "application/apply-patch+yaml"
_JSON_PATCH: Final = "application/json-patch+json"
_MERGE: Final = "application/strategic-merge-patch+json"
# All kinds of all groups in one answer.
# (https://kubernetes.io/docs/concepts/overview/kubernetes-api, looked up 2026-11-28)
_DISCOVERY: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_SECONDS: Final = 60.0


def _begins(answer: httpx.Response) -> bool:
    """A kind that was just defined, or defined anew, is served a moment later; an eviction's 429 is final."""
    return (
        answer.status_code == httpx.codes.TOO_MANY_REQUESTS and "storage is (re)initializing" in answer.text
    )


_PATIENCE: Final = Retrying(
    retry=retry_if_result(_begins),
    wait=wait_fixed(0.2),
    stop=stop_after_delay(10),
    retry_error_callback=lambda state: state.outcome and state.outcome.result(),
)

# The API server reads an applied object as YAML, which takes no control character that is not escaped, and
# for which these, too, end a line.
# (https://yaml.org/spec/1.2.2/#51-character-set)
_CONTROLS: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def _json(content: _Content) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8", "surrogatepass")


class Api:
    """A client of one control plane's API server, as its admin."""

    def __init__(self, plane: ControlPlane, url: str) -> None:
        self._plane = plane
        trusted = ssl.create_default_context(cafile=plane.keys.authority.certificate)
        pair = plane.keys.client(ADMIN[0])
        trusted.load_cert_chain(pair.certificate, pair.key)
        # A handshake failed once, of very many, by the server's alert (decode_error): nothing was asked by
        # then, so it is begun once more.
        transport = httpx.HTTPTransport(verify=trusted, trust_env=False, retries=1)
        self._client = httpx.Client(base_url=url, transport=transport, timeout=_SECONDS, trust_env=False)
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}
        self.warnings: list[str] = []
        """What the server has said beside its answers, such as which pods a namespace will not take."""

    @property
    def cluster(self) -> str:
        """Name of the cluster that it is of."""
        return self._plane.site

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End its connections."""
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

    def list(self, version: str, kind: str, namespace: str = "") -> Objects:
        """All objects of a kind, in one namespace or in all."""
        return self.listed(version, kind, namespace)[0]

    def listed(self, version: str, kind: str, namespace: str = "") -> tuple[Objects, str]:
        """The same, and the resource version that a ``watch`` goes on from."""
        answer = self._ask("GET", self._path(_reference(version, kind, "", namespace), named=False))
        # Each says what it is, as one that is asked for alone does.
        found = [{"apiVersion": version, "kind": kind, **one} for one in answer["items"]]
        return found, str(answer["metadata"]["resourceVersion"])

    def watch(self, version: str, kind: str, since: str, seconds: int) -> Iterator[tuple[str, Object]]:
        """What happens to the objects of a kind: ``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``.

        Ends after ``seconds``. Raises ApiRefused, with status 410 where ``since`` is too long ago.
        """
        path = self._path(_reference(version, kind, "", ""), named=False)
        options = {
            "watch": "true",
            "resourceVersion": since,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
        }
        try:
            with self._client.stream("GET", path, params=options, timeout=2.0 * seconds) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refused(answer)
                for line in answer.iter_lines():
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _failure(event["object"], 500)
                    yield event["type"], event["object"]
        except httpx.HTTPError as error:
            raise self._silent("GET", path, error) from None

    def set_status(self, object: Mapping[str, Any], status: Mapping[str, Any]) -> Object:
        """Change these fields of an object's status; None takes one away. Raises ApiRefused.

        Nothing is changed of another object that has the name by now.
        """
        metadata = object["metadata"]
        content = {"metadata": {"uid": metadata["uid"]}, "status": status}
        path = self._path(object, named=True) + "/status"
        return self._ask("PATCH", path, content, {"fieldValidation": "Strict"}, {"Content-Type": _MERGE})

    def patch(self, object: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> Object:
        """Change the object of this name by the operations of a JSON patch. Raises ApiRefused."""
        path = self._path(object, named=True)
        return self._ask("PATCH", path, changes, headers={"Content-Type": _JSON_PATCH})

    def token(self, namespace: str, account: str, asked: Mapping[str, Any]) -> str:
        """A token of a service account (``asked`` is the spec of a TokenRequest). Raises ApiRefused."""
        account_of = _reference("v1", "ServiceAccount", account, namespace)
        content = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": asked}
        answer = self._ask("POST", self._path(account_of, named=True) + "/token", content)
        return str(answer["status"]["token"])

    def signing_keys(self) -> Object:
        """The public keys of its tokens, as a JWKS. Raises ApiRefused."""
        return self._ask("GET", "/openid/v1/jwks")

    def evict(self, pod: Mapping[str, Any]) -> None:
        """Let a pod go if its disruption budgets allow it. Raises ApiRefused, with status 429 if not."""
        metadata = {key: pod["metadata"][key] for key in ("name", "namespace")}
        content = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        self._ask("POST", self._path(pod, named=True) + "/eviction", content)

    def log(self, namespace: str, pod: str, container: str, **options: str) -> str:
        """What a container has said, as `kubectl logs` gets it. Raises ApiRefused."""
        path = self._path(_reference("v1", "Pod", pod, namespace), named=True) + "/log"
        return self._answer("GET", path, options={"container": container, **options}).text

    def kinds(self) -> Kinds:
        """API version and kind of all that can be listed, Kubernetes' own first."""
        found: dict[tuple[str, str], None] = {}
        for root in ("/api", "/apis"):
            for group in self._ask("GET", root, headers={"Accept": _DISCOVERY})["items"]:
                name = group["metadata"].get("name", "")
                for served in group["versions"]:
                    version = f"{name}/{served['version']}" if name else served["version"]
                    known = [one for one in served["resources"] if "list" in one["verbs"]]
                    found |= {(version, one["responseKind"]["kind"]): None for one in known}
        return list(found)

    def delete(
        self,
        version: str,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "",
        uid: str = "",
        grace_seconds: int | None = None,
    ) -> None:
        """Delete one object, its dependents after it; only the one with ``uid``, if any. Raises ApiRefused.

        ``propagation`` is ``Foreground`` (after its dependents), ``Background`` or ``Orphan``; the kind's own
        otherwise. ``grace_seconds`` None: as long as the object says itself.
        """
        options: Object = {
            **({"propagationPolicy": propagation} if propagation else {}),
            **({"preconditions": {"uid": uid}} if uid else {}),
            **({} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}),
        }
        path = self._path(_reference(version, kind, name, namespace), named=True)
        self._ask("DELETE", path, options or None)

    def _path(self, object: Mapping[str, Any], *, named: bool) -> str:
        version, metadata = str(object["apiVersion"]), object["metadata"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        # A kind may have been defined since its group was last asked.
        if object["kind"] not in self._plurals.get(version, {}):
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
        content: _Content = None,
        options: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        return _told(self._answer(method, path, content, options, headers))

    def _answer(
        self,
        method: str,
        path: str,
        content: _Content = None,
        options: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        try:
            sent = None if content is None else _json(content)
            kind = {"Content-Type": "application/json", **(headers or {})}
            answer = _PATIENCE(self._client.request, method, path, content=sent, params=options, headers=kind)
        except httpx.HTTPError as error:
            raise self._silent(method, path, error) from None
        self.warnings += [said.split('"')[1] for said in answer.headers.get_list("warning") if '"' in said]
        if not answer.is_success:
            raise _refused(answer)
        return answer

    def _silent(self, method: str, path: str, error: httpx.HTTPError) -> ControlPlaneError:
        # Also where the server panics over a request: it lives on, and ends the connection.
        return ControlPlaneError(
            f"The API server of {self._plane.site} gave no answer to {method} {path} "
            f"({str(error) or type(error).__name__}): its log is {self._plane.log(API_SERVER)}."
        )


def _told(answer: httpx.Response) -> Object:
    return answer.json() if "json" in answer.headers.get("content-type", "") else {}


def _refused(answer: httpx.Response) -> ApiRefused:
    return _failure({"message": answer.text.strip(), **_told(answer)}, answer.status_code)


def _failure(told: Mapping[str, Any], status: int) -> ApiRefused:
    """By the API's own Status object; there is none where a whole group of kinds is not there."""
    reason = told.get("reason") or ("NotFound" if status == httpx.codes.NOT_FOUND else "")
    return ApiRefused(told.get("code", status), str(reason), str(told.get("message", "")))


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _reference(version: str, kind: str, name: str, namespace: str) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
