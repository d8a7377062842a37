"""All objects of one kind, kept as the API server tells of them; what client-go calls an informer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from rehearsal.control_plane.api import Api, Object, Objects
from rehearsal.control_plane.errors import ApiRefused, ControlPlaneError

_WATCH_SECONDS = 300
_RETRY_SECONDS = 0.5


class Informer:
    """A thread that lists a kind, then watches it; where the server is silent, it asks again until it is not.

    ``changed`` is called after every change, from the thread.
    """

    def __init__(self, api: Api, version: str, kind: str, changed: Callable[[], None]) -> None:
        self._api, self._version, self._kind, self._changed = api, version, kind, changed
        self._objects: dict[tuple[str, str], Object] = {}
        self._lock = threading.Lock()
        self._known = threading.Event()
        self._over = threading.Event()
        threading.Thread(target=self._follow, name=f"watch-{kind}", daemon=True).start()

    @property
    def knows(self) -> bool:
        """Whether it has heard of the objects at all yet."""
        return self._known.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it ``knows``."""
        return self._known.wait(seconds)

    def stop(self) -> None:
        """Ask for nothing more; the thread ends with the watch that it is in."""
        self._over.set()

    def get(self, namespace: str, name: str) -> Object | None:
        """One object, None where there is none."""
        with self._lock:
            return self._objects.get((namespace, name))

    def all(self) -> Objects:
        """Every object, by namespace and name."""
        with self._lock:
            return [self._objects[key] for key in sorted(self._objects)]

    def take(self, object: Object) -> None:
        """Know an object as the server has just answered it, before the watch tells of it."""
        with self._lock:
            known = self._objects.get(_key(object))
            # One that has gone meanwhile must not come back by a late answer.
            if known is not None and _same(known, object):
                self._put(object)

    def _put(self, object: Object) -> None:
        key = _key(object)
        known = self._objects.get(key)
        # The watch tells of states that an answer has overtaken.
        if known is None or not _same(known, object) or _number(known) < _number(object):
            self._objects[key] = {"apiVersion": self._version, "kind": self._kind, **object}

    def _follow(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(ApiRefused, ControlPlaneError):
                found, since = self._api.listed(self._version, self._kind)
                with self._lock:
                    self._objects = {_key(one): one for one in found}
                self._known.set()
                self._changed()
                self._watch(since)
            self._over.wait(_RETRY_SECONDS)

    def _watch(self, since: str) -> None:
        """Until the server does not know any more what came after ``since``, or is silent."""
        while not self._over.is_set():
            for what, object in self._api.watch(self._version, self._kind, since, _WATCH_SECONDS):
                since = object["metadata"]["resourceVersion"]
                if what == "BOOKMARK":
                    continue
                with self._lock:
                    if what != "DELETED":
                        self._put(object)
                    elif (key := _key(object)) in self._objects and _same(self._objects[key], object):
                        del self._objects[key]
                self._changed()


def _key(object: Object) -> tuple[str, str]:
    return object["metadata"].get("namespace", ""), object["metadata"]["name"]


def _number(object: Object) -> int:
    # Comparable by promise since 1.35 (https://www.kubernetes.dev/resources/keps/5504, looked up 2026-11-28).
    return int(object["metadata"]["resourceVersion"])


def _same(one: Object, other: Object) -> bool:
    return bool(one["metadata"]["uid"] == other["metadata"]["uid"])
