"""The program that builds and pushes: buildah, which needs no daemon, or docker where only that is there."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.images.context import ImageError, last_line

Say = Callable[[str], None]


@dataclass(frozen=True)
class Builder:
    """How images are built on this machine."""

    program: str
    """``buildah`` or ``docker``."""
    options: Sequence[str] = ()
    """Before each command of buildah, such as the place of its store."""
    build_options: Sequence[str] = field(default=("--isolation", "chroot"))
    """Of buildah: what works without a daemon, a user namespace or a cgroup of its own."""

    @classmethod
    def here(cls) -> Builder:
        """The one of this machine. Raises ImageError."""
        for program in ("buildah", "docker"):
            if shutil.which(program):
                return cls(program)
        raise ImageError(
            "images are built by buildah or docker, and neither is on PATH: apt-get install buildah"
        )

    def build(
        self, folder: Path, name: str, *, arguments: Mapping[str, str], created: int, say: Say | None = None
    ) -> None:
        """Build what a folder holds. Raises ImageError with the last line of what the program said.

        Args:
            folder: laid by ``isthmus.images.context.lay``.
            name: repository and tag.
            arguments: of the Containerfile.
            created: the time of every file that is made, so that another build gives the same layers.
            say: takes each line of progress.
        """
        more = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        command = (
            ["build", *more, "--build-arg", f"SOURCE_DATE_EPOCH={created}"]
            if self.program == "docker"
            else ["build", *self.build_options, "--timestamp", str(created), *more]
        )
        self._run([*command, "-t", name, "-f", str(folder / "Containerfile"), str(folder)], say)

    def push(self, name: str, target: str, *, options: Sequence[str] = ()) -> str:
        """Push an image to a registry; returns the digest by which it is known there."""
        if self.program == "docker":
            self._run(["tag", name, target])
            self._run(["push", target])
            told = self._run(["image", "inspect", "--format", "{{json .RepoDigests}}", target])
            digests = [each for each in json.loads(told) if each.startswith(target.rpartition(":")[0] + "@")]
            return str(digests[0].partition("@")[2])
        with tempfile.TemporaryDirectory(prefix="isthmus-push-") as folder:
            kept = Path(folder) / "digest"
            self._run(["push", *options, "--digestfile", str(kept), name, f"docker://{target}"])
            return kept.read_text().strip()

    def size(self, name: str) -> int:
        """Bytes of an image's layers, unpacked."""
        if self.program == "docker":
            return int(self._run(["image", "inspect", "--format", "{{.Size}}", name]))
        told = json.loads(self._run(["images", "--json", name]))
        return _bytes(str(told[0]["size"]))

    def _run(self, arguments: Sequence[str], say: Say | None = None) -> str:
        with subprocess.Popen(
            [self.program, *self.options, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            said = b""
            for line in process.stdout or ():
                said = (said + line)[-65536:]
                if say:
                    say(line.decode(errors="replace").rstrip())
        if process.returncode:
            raise ImageError(f"{self.program} {arguments[0]} failed: {last_line(said)}")
        return said.decode(errors="replace").strip()


def _bytes(text: str) -> int:
    """``452 MB``, as buildah writes it."""
    number, unit = text.split()
    return int(float(number) * 1000 ** ("B", "KB", "MB", "GB", "TB").index(unit.upper()))
