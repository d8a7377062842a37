"""A stand-in for the APIs of GitHub and GitLab, as far as isthmus asks them: texts in memory, on loopback."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-of-a-test"
REPOSITORY, PROJECT = "shop/estate", "7"


@dataclass
class StandIn:
    """What people see on the forge."""

    url: str = ""
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By number: ``on``, ``author``, ``body``."""
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def github(self) -> dict[str, str]:
        """The variables that a step of GitHub has."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}

    def gitlab(self) -> dict[str, str]:
        """The variables that a job of GitLab has."""
        return {"CI_API_V4_URL": self.url, "CI_PROJECT_ID": PROJECT, "GITLAB_TOKEN": TOKEN}

    def add(self, kind: dict[int, dict[str, Any]], **told: Any) -> int:
        number = len(self.comments) + len(self.issues) + len(self.pulls) + 1
        kind[number] = told
        return number


@contextmanager
def forge() -> Iterator[StandIn]:
    """A forge on a free port of loopback."""
    stand_in = StandIn()
    handler = type("Handler", (_Handler,), {"forge": stand_in})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    forge: StandIn

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815 - http.server calls them so

    def _answer(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        self.forge.requests.append(f"{self.command} {address.path}")
        github = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not github and self.headers.get("PRIVATE-TOKEN") != TOKEN:
            self._send(401, {"message": "Bad credentials"})
            return
        for pattern, answer in (_GITHUB if github else _GITLAB).items():
            method, _, path = pattern.partition(" ")
            if method == self.command and (found := re.fullmatch(path, address.path)):
                told = answer(self.forge, [int(each) for each in found.groups()], query, body)
                if isinstance(told, list):
                    size, page = int(query["per_page"]), int(query["page"])
                    told = told[(page - 1) * size : page * size]
                self._send(200, told)
                return
        self._send(404, {"message": "Not Found"})

    def _send(self, status: int, told: Any) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


BOT = "github-actions[bot]"
ME = "project_7_bot"


def _change(kind: str, key: int, **told: Any) -> Any:
    def answer(forge: StandIn, numbers: list[int], _query: Any, body: dict[str, Any]) -> Any:
        found = getattr(forge, kind)[numbers[key]]
        found |= {told.get(name, name): value for name, value in body.items()}
        return {"html_url": f"{forge.url}/{numbers[key]}", "web_url": f"{forge.url}/{numbers[key]}"}

    return answer


def _new(kind: str, author: str, **told: str) -> Any:
    def answer(forge: StandIn, numbers: list[int], _query: Any, body: dict[str, Any]) -> Any:
        said = {told.get(name, name): value for name, value in body.items()}
        number = forge.add(
            getattr(forge, kind), author=author, state="open", on=next(iter(numbers), 0), **said
        )
        return {"html_url": f"{forge.url}/{number}", "web_url": f"{forge.url}/{number}"}

    return answer


def _github_pulls(forge: StandIn, _numbers: Any, query: dict[str, str], _body: Any) -> Any:
    return [
        {"number": number, "head": {"sha": each.get("sha", "")}, "html_url": f"{forge.url}/{number}"}
        for number, each in forge.pulls.items()
        if query["head"] == f"{each.get('owner', 'shop')}:{each['head']}" and each["state"] == "open"
    ]


_REPO, _PROJ = f"/repos/{REPOSITORY}", f"/projects/{PROJECT}"
_GITHUB: dict[str, Any] = {
    f"GET {_REPO}/pulls": _github_pulls,
    f"POST {_REPO}/pulls": _new("pulls", BOT),
    rf"PATCH {_REPO}/pulls/(\d+)": _change("pulls", 0),
    rf"GET {_REPO}/issues/(\d+)/comments": lambda forge, numbers, _query, _body: [
        {"id": number, "user": {"login": each["author"]}, "body": each["body"]}
        for number, each in forge.comments.items()
        if each["on"] == numbers[0]
    ],
    rf"POST {_REPO}/issues/(\d+)/comments": _new("comments", BOT),
    rf"PATCH {_REPO}/issues/comments/(\d+)": _change("comments", 0),
    f"GET {_REPO}/issues": lambda forge, _numbers, query, _body: [
        {"number": number, "user": {"login": each["author"]}, "body": each["body"]}
        for number, each in forge.issues.items()
        if each["state"] == "open" and query["labels"] in each["labels"]
    ],
    f"POST {_REPO}/issues": _new("issues", BOT),
    rf"PATCH {_REPO}/issues/(\d+)": _change("issues", 0),
}
_GITLAB: dict[str, Any] = {
    "GET /user": lambda *_: {"username": ME},
    f"GET {_PROJ}/merge_requests": lambda forge, _numbers, query, _body: [
        {"iid": number, "sha": each.get("sha", "")}
        for number, each in forge.pulls.items()
        if each["head"] == query["source_branch"] and each["state"] == "open"
    ],
    f"POST {_PROJ}/merge_requests": _new(
        "pulls", ME, source_branch="head", target_branch="base", description="body"
    ),
    rf"PUT {_PROJ}/merge_requests/(\d+)": _change("pulls", 0, description="body"),
    rf"GET {_PROJ}/merge_requests/(\d+)/notes": lambda forge, numbers, _query, _body: [
        {"id": number, "author": {"username": each["author"]}, "body": each["body"]}
        for number, each in forge.comments.items()
        if each["on"] == numbers[0]
    ],
    rf"POST {_PROJ}/merge_requests/(\d+)/notes": _new("comments", ME),
    rf"PUT {_PROJ}/merge_requests/(\d+)/notes/(\d+)": _change("comments", 1),
    f"GET {_PROJ}/issues": lambda forge, _numbers, query, _body: [
        {"iid": number, "author": {"username": each["author"]}, "description": each["body"]}
        for number, each in forge.issues.items()
        if each["state"] == "open" and query["labels"] in each["labels"]
    ],
    f"POST {_PROJ}/issues": _new("issues", ME, description="body"),
    rf"PUT {_PROJ}/issues/(\d+)": _change("issues", 0, description="body"),
}
