"""The folder of a device: the bundle that answers, the one before it, and how one takes the other's place.

::

    installed.json    which bundle answers, which was before it, and for which target the device is
    bundles/<hex>     whole bundles, each under the digest of its manifest

A new bundle is written aside, read again, loaded and asked its own questions; then ``installed.json`` is
replaced by one rename. Before the rename the former bundle answers, after it the new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from isthmus.atomic_files import atomic_write
from isthmus.os_errors import as_sentences
from serving.edge.runtime.bundle import Bundle, read_bundle
from serving.edge.runtime.errors import BundleRefused, DeviceFolderError
from serving.edge.runtime.manifest import LIMIT_MB, Version
from serving.edge.runtime.recommender import EdgeRecommender
from serving.edge.runtime.self_check import loaded
from training.release.manifest import Digest, Name, Part

INSTALLED = "installed.json"
BUNDLES = "bundles"
LOCK = ".lock"
ANY_TARGET = "any"


class Kept(Part):
    """A bundle of the folder."""

    digest: Digest
    version: Version

    @property
    def file(self) -> str:
        return self.digest.removeprefix("sha256:")


class Installed(Part):
    """``installed.json``."""

    target: Name
    current: Kept
    former: Kept | None = None


class DeviceFolder:
    """The bundles of one device.

    Args:
        path: the folder; the first update makes it.
        trusted: base64 public keys that sign its bundles.
        limit_mb: the largest bundle that the device takes.
    """

    def __init__(self, path: Path, trusted: Sequence[str], limit_mb: float = LIMIT_MB) -> None:
        self.path, self.trusted, self.limit_mb = path, trusted, limit_mb

    def installed(self) -> Installed | None:
        """What answers here; None before the first update. Raises DeviceFolderError."""
        try:
            with as_sentences():
                return Installed.model_validate_json((self.path / INSTALLED).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise DeviceFolderError(
                f"{self.path / INSTALLED} is not what an update wrote; remove the folder and update it anew"
            ) from None

    def recommender(self) -> EdgeRecommender:
        """The bundle that answers here, loaded. Raises DeviceFolderError, BundleRefused."""
        return EdgeRecommender(self.bundle())

    def bundle(self) -> Bundle:
        """The bundle that answers here, checked. Raises DeviceFolderError, BundleRefused."""
        for _ in range(2):
            installed = self._need()
            try:
                return self._read(installed.current)
            except BundleRefused:
                # An update may have taken its place, and its file away, since installed.json was read.
                if self._need().current == installed.current:
                    raise
        return self._read(self._need().current)

    def update(
        self, file: Path, target: str | None = None, allow_older: bool = False
    ) -> tuple[Installed, bool]:
        """Let a bundle answer in the place of the one that does; whatever fails, that one stays.

        Args:
            file: the bundle.
            target: what kind of device this is; None for what the folder says, and ``any`` for a new folder.
            allow_older: take one of an older release, too.

        Returns:
            What is installed, and whether that changed.

        Raises:
            BundleRefused: naming what is wrong with the bundle.
        """
        with self._alone():
            before = self.installed()
            own = target or (before.target if before else ANY_TARGET)
            bundle = read_bundle(file, self.trusted, self.limit_mb)
            manifest = bundle.manifest
            if manifest.target != own:
                raise BundleRefused(f"{file} is for devices {manifest.target}, and this one is {own}")
            if before and manifest.version < before.current.version and not allow_older:
                raise BundleRefused(
                    f"{file} is of {manifest.version}, and what answers here of {before.current.version}; "
                    "`isthmus edge rollback` goes back to the former one, --allow-older takes any"
                )
            new = Kept(digest=bundle.digest, version=manifest.version)
            if before and before.current.digest == new.digest and self._is_whole(new):
                return before, False
            former = before.current if before and before.current.digest != new.digest else None
            atomic_write(self._place(new), bundle.raw)
            return self._switch(Installed(target=own, current=new, former=former)), True

    def rollback(self) -> Installed:
        """Let the former bundle answer again, and drop the one that does.

        Raises:
            DeviceFolderError: there is none.
            BundleRefused: it is no longer whole; the one that answers stays.
        """
        with self._alone():
            now = self._need()
            if now.former is None:
                raise DeviceFolderError(
                    f"{self.path} keeps no former bundle; update it with one, --allow-older where it is older"
                )
            return self._switch(Installed(target=now.target, current=now.former))

    def _switch(self, new: Installed) -> Installed:
        """Ask the bundle its own questions from where it lies now, then name it in ``installed.json``."""
        try:
            loaded(self._read(new.current))
            atomic_write(self.path / INSTALLED, new.model_dump_json(indent=1).encode() + b"\n")
        finally:
            self._sweep()
        return new

    def _sweep(self) -> None:
        """Remove bundles that nothing names, and what killed updates left aside."""
        installed = self.installed()
        named = {kept.file for kept in (installed.current, installed.former) if kept} if installed else set()
        for path in (self.path / BUNDLES).iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)
        for path in self.path.glob(f".{INSTALLED}.*"):
            path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One update at a time; what a killed one held is free again."""
        with as_sentences(writing=self.path):
            (self.path / BUNDLES).mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / LOCK):
                yield

    def _need(self) -> Installed:
        installed = self.installed()
        if installed is None:
            raise DeviceFolderError(
                f"{self.path} holds no bundle yet; `isthmus edge update {self.path} BUNDLE`"
            )
        return installed

    def _place(self, kept: Kept) -> Path:
        return self.path / BUNDLES / kept.file

    def _read(self, kept: Kept) -> Bundle:
        bundle = read_bundle(self._place(kept), self.trusted, self.limit_mb)
        if bundle.digest != kept.digest:
            raise BundleRefused(
                f"{self._place(kept)} is another bundle than its name says; update the folder again"
            )
        return bundle

    def _is_whole(self, kept: Kept) -> bool:
        try:
            self._read(kept)
        except BundleRefused:
            return False
        return True
