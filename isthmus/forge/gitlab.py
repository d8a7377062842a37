"""GitLab's REST API, version 4 (docs.gitlab.com/api/rest, read on 2026-11-28)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from urllib.parse import quote

from isthmus.forge.forge import Text
from isthmus.forge.requests import Api


class GitLab:
    """A project of GitLab."""

    def __init__(self, url: str, project: str, token: str) -> None:
        headers = {"PRIVATE-TOKEN": token}
        self._server = Api(url.rstrip("/"), headers)
        self._api = Api(f"{url.rstrip('/')}/projects/{quote(project, safe='')}", headers)

    @cached_property
    def _me(self) -> str:
        return str(self._server.send("GET", "/user")["username"])

    def me(self) -> str:
        return self._me

    def pull_request(self, owner: str, branch: str, commit: str) -> int | None:  # noqa: ARG002 - its pipelines run for the project
        for each in self._api.all("/merge_requests", state="opened", source_branch=branch):
            if each["sha"] == commit:
                return int(each["iid"])
        return None

    def comments(self, pull_request: int) -> Iterable[Text]:
        for each in self._api.all(f"/merge_requests/{pull_request}/notes"):
            yield Text(each["id"], each["author"]["username"], each["body"])

    def comment(self, pull_request: int, body: str, instead_of: int | None) -> None:
        path = f"/merge_requests/{pull_request}/notes"
        if instead_of is None:
            self._api.send("POST", path, {"body": body})
        else:
            self._api.send("PUT", f"{path}/{instead_of}", {"body": body})

    def issues(self, label: str) -> Iterable[Text]:
        for each in self._api.all("/issues", state="opened", labels=label):
            yield Text(each["iid"], each["author"]["username"], each.get("description") or "")

    def issue(self, label: str, title: str, body: str, instead_of: int | None) -> None:
        told = {"title": title, "description": body, "labels": label}
        if instead_of is None:
            self._api.send("POST", "/issues", told)
        else:
            self._api.send("PUT", f"/issues/{instead_of}", told)

    def close(self, issue: int) -> None:
        self._api.send("PUT", f"/issues/{issue}", {"state_event": "close"})

    def propose(self, branch: str, base: str, title: str, body: str) -> str:
        told = {"title": title, "description": body}
        for each in self._api.all("/merge_requests", state="opened", source_branch=branch):
            return str(self._api.send("PUT", f"/merge_requests/{each['iid']}", told)["web_url"])
        branches = {"source_branch": branch, "target_branch": base, "remove_source_branch": True}
        return str(self._api.send("POST", "/merge_requests", {**told, **branches})["web_url"])
