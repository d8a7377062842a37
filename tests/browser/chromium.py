"""Chromium without a window, spoken to in its own protocol over two pipes: no driver, no port.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE = "ISTHMUS_BROWSER"
NONE = f"no browser: install chromium (Debian: apt install chromium), or name one with ${VARIABLE}"
PATIENCE = 300.0


def find() -> str | None:
    """The Chromium that ISTHMUS_BROWSER names, else one on PATH; None where there is none."""
    if named := os.environ.get(VARIABLE):
        return named
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class BrowserError(Exception):
    """The browser ended, refused a command, or did not answer; the message says which."""


class Page:
    """One page, and what it said and asked for since it was opened.

    Attributes:
        complaints: console messages of levels above info, exceptions, and failed requests, as text.
        requests: addresses that were asked for.
    """

    def __init__(self, pipe: _Pipe, session: str) -> None:
        self._pipe, self._session = pipe, session
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def open(self, url: str, width: int = 1200, height: int = 900, dark: bool = False) -> None:
        """Go to an address and wait until it is loaded."""
        self.complaints, self.requests = [], []
        for part in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{part}.enable")
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])
        answer = self._ask("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(f"{url}: {answer['errorText']}")
        self._pipe.until(lambda event: event.get("method") == "Page.loadEventFired", self._heard)

    def resize(self, width: int, height: int = 900, scale: float = 1.0) -> None:
        """Set the window, in CSS pixels."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def run(self, script: str) -> Any:
        """The value of an expression in the page, as JSON values."""
        result = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise BrowserError(f"{script[:60]}: {result['exceptionDetails']['exception']['description']}")
        return result["result"].get("value")

    def picture(self) -> bytes:
        """The whole page as PNG, also what is below the window."""
        return b64decode(self._ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    def print(self) -> bytes:
        """The page as it is printed: PDF."""
        return b64decode(self._ask("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])

    def _ask(self, method: str, **params: Any) -> Any:
        return self._pipe.ask(method, params, self._session, self._heard)

    def _heard(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.loadingFailed":
            self.complaints.append(f"request failed: {params['errorText']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(f"console: {params['args']}")
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])


# A program of its own: this process may speak gRPC, whose handlers of a fork end one child in twenty.
_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """A page of a browser of its own, with a profile that is thrown away."""
    # Above 4, so that neither end is in the way of the two that the browser expects.
    ours_in, theirs_out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe())
    theirs_in, ours_out = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in os.pipe())

    arguments = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--hide-scrollbars"]
    arguments += ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # It refuses to run as root with one.
    with tempfile.TemporaryDirectory(prefix="isthmus-browser-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", "-c", _HAND_OVER, str(theirs_in), str(theirs_out)),
                *(program, *arguments, f"--user-data-dir={profile}", "about:blank"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out),
        )
        os.close(theirs_in)
        os.close(theirs_out)
        pipe = _Pipe(ours_in, ours_out)
        try:
            target = pipe.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
            params = {"targetId": target, "flatten": True}
            yield Page(pipe, pipe.ask("Target.attachToTarget", params)["sessionId"])
            pipe.ask("Browser.close", {})
            process.wait(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()
            os.close(ours_in)
            os.close(ours_out)


class _Pipe:
    """Messages of JSON that end with a zero byte."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._number, self._rest = 0, b""

    def ask(
        self,
        method: str,
        params: dict[str, Any],
        session: str | None = None,
        heard: Any = lambda _event: None,
    ) -> Any:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        view = memoryview(json.dumps(message).encode() + b"\0")
        while view:
            view = view[os.write(self._write, view) :]
        answer = self.until(lambda reply: reply.get("id") == number, heard)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def until(self, wanted: Any, heard: Any) -> dict[str, Any]:
        """The first message that is wanted; the others are heard."""
        end = time.monotonic() + PATIENCE
        while True:
            while b"\0" in self._rest:
                raw, self._rest = self._rest.split(b"\0", 1)
                message: dict[str, Any] = json.loads(raw)
                if wanted(message):
                    return message
                heard(message)
            ready, _, _ = select.select([self._read], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise BrowserError(f"the browser did not answer within {PATIENCE:.0f} s")
            piece = os.read(self._read, 1 << 16)
            if not piece:
                raise BrowserError("the browser ended")
            self._rest += piece


def address(path: Path) -> str:
    """The address of a file."""
    return path.resolve().as_uri()
