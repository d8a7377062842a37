"""The moto server that stands in for AWS: one detached process per record folder, outliving the command.

It listens on loopback only, whatever it is asked for. ``server.json`` in the folder says which process it is
(pid and start time, so that a reused pid is not taken for it) and which run (``instance``): what it holds is
in its memory, so another run has forgotten everything.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import psutil
from filelock import FileLock
from tenacity import RetryError, retry, retry_if_result, stop_after_delay, wait_fixed

from rehearsal.plugins.backend import Refused
from rehearsal.plugins.run_note import RunNote
from rehearsal.programs.endings import end
from rehearsal.programs.recorded_process import recorded_process

_START_SECONDS = 60
_STOP_SECONDS = 10
_LOOK_SECONDS = 0.05


def ensure(folder: Path, url: str) -> str:
    """Have a server at ``url``, starting one if there is none; returns the id of its run.

    ``folder`` keeps its record: ``aws`` of the rehearsal home.
    Raises Refused when the address is not loopback, is taken by something else, or no server comes up.
    """
    host, port = _loopback(url)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "server.lock", timeout=2 * _START_SECONDS):
        record = _record(folder)
        if record is not None and recorded_process(record) is not None:
            if record["url"] == url:
                return str(record["instance"])
            raise Refused(
                f"The stand-in of this rehearsal runs at {record['url']}, and the stack asks for {url}: "
                "run `isthmus down` first, or set the address back."
            )
        # One of ours that was killed listens until the last of its threads is gone.
        if _answers_after(host, port, _STOP_SECONDS if record is not None else 0):
            raise Refused(
                f"{host}:{port} is taken by another program{_owner(port)}: end it, or choose another port in "
                "the stack file."
            )
        return _start(folder, url, host, port)


def stop(folder: Path) -> bool:
    """End the server of this folder, if there is one; says whether there was."""
    if not folder.exists():
        return False
    with FileLock(folder / "server.lock", timeout=2 * _START_SECONDS):
        record = _record(folder)
        process = recorded_process(record) if record is not None else None
        if process is not None:
            end([process], _STOP_SECONDS)
        (folder / "server.json").unlink(missing_ok=True)
        return process is not None


def instance(folder: Path) -> str:
    """The id of the run that is up, "none" where none is. Touches nothing but the process table."""
    record = _record(folder)
    return str(record["instance"]) if record is not None and recorded_process(record) is not None else "none"


def address(folder: Path) -> str:
    """Where the run that is up listens, "" where none is."""
    record = _record(folder)
    return str(record["url"]) if record is not None and recorded_process(record) is not None else ""


def is_lost(folder: Path) -> bool:
    """Whether an earlier run held resources which are gone with it."""
    return bool(set(RunNote(folder).all().values()) - {instance(folder)})


def forget(folder: Path) -> None:
    """Drop the note and the record of a lost run (after ``pulumi refresh`` or with an empty state)."""
    for name in ("runs.json", "recorded.json"):
        (folder / name).unlink(missing_ok=True)


def _loopback(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
        port = parts.port
    except ValueError:
        loopback, port = False, None
    if parts.scheme != "http" or not loopback or port is None:
        raise Refused(
            f"The stand-in's address is {url!r}, and must be http://127.0.0.1:PORT: "
            "a rehearsal never leaves this machine."
        )
    return "127.0.0.1" if host == "localhost" else host, port


def _record(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / "server.json").read_text())
    except (OSError, json.JSONDecodeError):
        return None
    return record if {"pid", "started", "url", "instance"} <= record.keys() else None


def _answers(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _answers_after(host: str, port: int, seconds: float) -> bool:
    """Whether somebody listens there, and still does after so many seconds."""
    end = time.monotonic() + seconds
    while answers := _answers(host, port):
        if time.monotonic() > end:
            break
        time.sleep(_LOOK_SECONDS)
    return answers


def _owner(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
                continue
            if connection.laddr[1] == port:
                return f" (process {connection.pid}, {psutil.Process(connection.pid).name()})"
    except (psutil.Error, OSError):
        pass
    return ""


def _start(folder: Path, url: str, host: str, port: int) -> str:
    log = folder / "moto.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOTO_")}
    # Roles attach policies of AWS's own, which an account has from the start and moto only when asked.
    environment["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    with log.open("ab") as output:
        started = subprocess.Popen(
            [sys.executable, "-P", "-m", "rehearsal.plugins.aws.moto_process", "-H", host, "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=folder,
            env=environment,
        )
    record = {
        "pid": started.pid,
        "started": psutil.Process(started.pid).create_time(),
        "url": url,
        "instance": uuid.uuid4().hex,
    }
    # Written before it is ready: a caller that is killed now still leaves a server that can be found.
    aside = folder / "server.json.tmp"
    aside.write_text(json.dumps(record, indent=1))
    aside.replace(folder / "server.json")

    @retry(
        retry=retry_if_result(lambda up: not up), wait=wait_fixed(0.1), stop=stop_after_delay(_START_SECONDS)
    )
    def ready() -> bool:
        if started.poll() is not None:
            return True
        try:
            with urlopen(f"http://{host}:{port}/moto-api/data.json", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    try:
        ready()
    except RetryError:
        started.kill()
    if started.poll() is not None:
        (folder / "server.json").unlink(missing_ok=True)
        raise Refused(f"The AWS stand-in did not come up at {url}; its log is {log}.")
    return str(record["instance"])


__all__ = ["address", "ensure", "forget", "instance", "is_lost", "stop"]
