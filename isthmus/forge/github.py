"""GitHub's REST API, version 2022-11-28 (docs.github.com/en/rest, read on 2026-11-28)."""

from __future__ import annotations

from collections.abc import Iterable

from isthmus.forge.forge import Text
from isthmus.forge.requests import Api

BOT = "github-actions[bot]"
"""Who writes by the token of a workflow; that token may not ask who it is."""


class GitHub:
    """A repository of GitHub, or of a server of one's own."""

    def __init__(self, url: str, repository: str, token: str, author: str = BOT) -> None:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._api = Api(f"{url.rstrip('/')}/repos/{repository}", headers)
        self._owner = repository.partition("/")[0]
        self._author = author

    def me(self) -> str:
        return self._author

    def pull_request(self, owner: str, branch: str, commit: str) -> int | None:
        # A run for a fork's pull request does not name it (workflow_run.pull_requests is empty there).
        for each in self._api.all("/pulls", state="open", head=f"{owner}:{branch}"):
            if each["head"]["sha"] == commit:
                return int(each["number"])
        return None

    def comments(self, pull_request: int) -> Iterable[Text]:
        for each in self._api.all(f"/issues/{pull_request}/comments"):
            yield Text(each["id"], (each.get("user") or {}).get("login", ""), each.get("body") or "")

    def comment(self, pull_request: int, body: str, instead_of: int | None) -> None:
        if instead_of is None:
            self._api.send("POST", f"/issues/{pull_request}/comments", {"body": body})
        else:
            self._api.send("PATCH", f"/issues/comments/{instead_of}", {"body": body})

    def issues(self, label: str) -> Iterable[Text]:
        for each in self._api.all("/issues", state="open", labels=label):
            if "pull_request" not in each:
                yield Text(each["number"], (each.get("user") or {}).get("login", ""), each.get("body") or "")

    def issue(self, label: str, title: str, body: str, instead_of: int | None) -> None:
        if instead_of is None:
            self._api.send("POST", "/issues", {"title": title, "body": body, "labels": [label]})
        else:
            self._api.send("PATCH", f"/issues/{instead_of}", {"title": title, "body": body})

    def close(self, issue: int) -> None:
        self._api.send("PATCH", f"/issues/{issue}", {"state": "closed"})

    def propose(self, branch: str, base: str, title: str, body: str) -> str:
        for each in self._api.all("/pulls", state="open", head=f"{self._owner}:{branch}"):
            self._api.send("PATCH", f"/pulls/{each['number']}", {"title": title, "body": body})
            return str(each["html_url"])
        made = self._api.send("POST", "/pulls", {"title": title, "head": branch, "base": base, "body": body})
        return str(made["html_url"])
