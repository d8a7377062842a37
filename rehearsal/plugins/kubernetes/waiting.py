"""Waiting for what the API server tells of an object: until it is ready, until it is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from isthmus.errors import IsthmusError
from rehearsal.cluster import agent
from rehearsal.control_plane.api import Api
from rehearsal.home import Home
from rehearsal.plugins.backend import Refused
from rehearsal.plugins.kubernetes import objects, readiness
from rehearsal.plugins.kubernetes.last_words import last_words

Object = dict[str, Any]

_FOR_THE_NODE: Final = ("CronJob", "DaemonSet", "Deployment", "Job", "Namespace", "Rollout")
_POLL_SECONDS: Final = 0.2


class NotReady(IsthmusError):
    """What was waited for did not come; the message says why."""


class Waiting:
    """Waits that end when ``stopped`` is set; pods get a node to run on."""

    def __init__(self, home: Home, stopped: threading.Event) -> None:
        self._home = home
        self._stopped = stopped

    def until_ready(self, api: Api, made: Object, *, updated: bool) -> Object:
        """An object that was written just now, as it is when it is ready. Raises NotReady."""
        self._wake_node(made)
        ready = readiness.check_of(made, updated=updated)
        if ready is None:
            return made
        meta, limit = made["metadata"], readiness.limit(made)
        what = f"{made['kind']} {objects.id_of(made)}"
        deadline = time.monotonic() + limit
        while True:
            now = api.get(made["apiVersion"], made["kind"], meta["name"], meta.get("namespace", ""))
            if now is None:
                raise NotReady(f"{what} was deleted by somebody else while it was waited for")
            try:
                done, waits = ready(api, now)
            except readiness.Failed as failed:
                raise NotReady(f"{what} failed: {failed}{last_words(api, now)}") from None
            if done:
                return now
            if time.monotonic() > deadline:
                raise NotReady(f"{what} is not ready after {limit:g} s: {waits}{last_words(api, now)}")
            if self._stopped.wait(_POLL_SECONDS):
                raise NotReady(f"{what} is not ready yet, and nobody waits for it any longer: {waits}")

    def until_gone(self, was: Object, get: Callable[[], Object | None]) -> None:
        """Return when ``get`` finds another object than the one that was deleted, or none. Raises Refused."""
        self._wake_node(was)
        what, limit = f"{was['kind']} {objects.id_of(was)}", readiness.limit({**was, "spec": {}})
        deadline = time.monotonic() + limit
        while (left := get()) is not None and left["metadata"]["uid"] == was["metadata"]["uid"]:
            if time.monotonic() > deadline:
                held = ", ".join(left["metadata"].get("finalizers") or ()) or "none"
                raise Refused(f"{what} is still being deleted after {limit:g} s; its finalizers: {held}")
            if self._stopped.wait(_POLL_SECONDS):
                raise Refused(f"{what} is being deleted, and nobody waits for it any longer")

    def _wake_node(self, object: Object) -> None:
        if object["kind"] in _FOR_THE_NODE:
            try:
                agent.ensure(self._home)
            except agent.AgentFailed as failed:
                raise NotReady(str(failed)) from None
