"""A machine of the drill: a network namespace, and a Debian of its own over the one in the cache.

Mounts and namespaces are those of the process of ``rehearsal.drills.link.world``, and gone with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rehearsal.drills.drill import DrillFailed

STATE: Final = Path("/run/link")
"""On the drill's own tmpfs: the machines' files are in memory."""


def run(*command: str, check: bool = True) -> str:
    """Run a program of the host's, and return what it wrote. Raises DrillFailed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise DrillFailed(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


class Machine:
    """One machine.

    Args:
        name: unique; of its root folder, and of its namespace.
        debian: the folder that its root begins as.
        namespace: of another machine, which it shares.
    """

    def __init__(self, name: str, debian: Path, namespace: str | None = None) -> None:
        self.name, self.namespace = name, namespace or name
        self.root = STATE / name / "root"
        if namespace is None:
            run("ip", "netns", "add", name)
            self.ip("link", "set", "lo", "up")
        self._mount(debian)

    def _mount(self, debian: Path) -> None:
        folder = self.root.parent
        for part in ("upper", "work", "root"):
            (folder / part).mkdir(parents=True)
        layers = f"lowerdir={debian},upperdir={folder}/upper,workdir={folder}/work"
        run("mount", "-t", "overlay", self.name, "-o", layers, str(self.root))
        run("mount", "--rbind", "/dev", str(self.root / "dev"))
        # Written to for /proc/sys/net, which is the namespace's.
        run("mount", "-t", "proc", "proc", str(self.root / "proc"))

    def ip(self, *arguments: str) -> str:
        """The host's ``ip`` in the namespace."""
        return run("ip", "-n", self.namespace, *arguments)

    def within(self, *command: str, host: bool = False) -> list[str]:
        """The command line of a program here; ``host``: with the host's files, such as this Python."""
        entered = ["nsenter", f"--net=/run/netns/{self.namespace}"]
        return [*entered, *([] if host else ["chroot", str(self.root)]), *command]

    def run(self, *command: str, check: bool = True) -> str:
        """Run a program here and return what it wrote. Raises DrillFailed."""
        return run(*self.within(*command), check=check)

    def start(self, *command: str, log: str) -> subprocess.Popen[bytes]:
        """Start a program that stays; what it writes goes into a file of the machine's."""
        with (self.root / log.lstrip("/")).open("ab") as stream:
            return subprocess.Popen(
                self.within(*command), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Write a file of the machine's."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(int(mode, 8))

    def read(self, path: str) -> str:
        """A file of the machine's, "" where there is none."""
        file = self.root / path.lstrip("/")
        return file.read_text(errors="replace") if file.exists() else ""

    def links(self) -> set[str]:
        """The names of its interfaces."""
        return {line.split(": ")[1].partition("@")[0] for line in self.ip("-o", "link").splitlines()}

    def kill(self) -> None:
        """End every process in the namespace, as a server that loses its power does."""
        own = Path("/run/netns", self.namespace).stat().st_ino
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and entry.name != "1":
                try:
                    if (entry / "ns" / "net").stat().st_ino == own:
                        os.kill(int(entry.name), signal.SIGKILL)
                except OSError:
                    continue


def cable(one: tuple[Machine, str], other: tuple[Machine, str]) -> None:
    """Join two machines by a pair of interfaces, both up."""
    (here, first), (there, second) = one, other
    run("ip", "link", "add", first, "netns", here.namespace, "type", "veth",
        "peer", "name", second, "netns", there.namespace)  # fmt: skip
    here.ip("link", "set", first, "up")
    there.ip("link", "set", second, "up")


def bridge(machine: Machine, name: str, address: str | None = None) -> None:
    """A switch in a machine, of which it is a part where it has an address."""
    machine.ip("link", "add", name, "type", "bridge")
    machine.ip("link", "set", name, "up")
    if address:
        machine.ip("address", "add", address, "dev", name)


def until(holds: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> float:
    """Wait until something holds, and return the seconds. Raises DrillFailed."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise DrillFailed(f"{otherwise()} (waited {seconds:.0f} s)")
        time.sleep(0.1)
    return time.monotonic() - started


def lines(machines: Sequence[Machine], path: str, count: int = 6) -> str:
    """The last lines of a log on several machines, for a sentence about what went wrong."""
    return " | ".join(
        f"{each.name}: " + " / ".join(each.read(path).splitlines()[-count:]) for each in machines
    )


__all__ = ["STATE", "Machine", "bridge", "cable", "lines", "run", "until"]
