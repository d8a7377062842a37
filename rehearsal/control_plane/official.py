"""The binaries that the makers publish, where their sites can be reached."""

from __future__ import annotations

import platform
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rehearsal.control_plane import pin
from rehearsal.programs import download
from rehearsal.programs.errors import Unavailable
from rehearsal.programs.progress import Progress

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Sites:
    """Where Kubernetes and etcd are published, each with its checksums beside it (both looked up 2026-11-27).

    https://kubernetes.io/docs/tasks/tools/install-kubectl-linux (``dl.k8s.io/release/VERSION/bin/...`` and
    ``.sha256``); https://github.com/etcd-io/etcd/releases (archives and SHA256SUMS).
    """

    kubernetes: str = "https://dl.k8s.io/release"
    etcd: str = "https://github.com/etcd-io/etcd/releases/download"


def install(folder: Path, progress: Progress, sites: Sites) -> None:
    """Put the pinned control plane into ``folder/bin``. Raises Unavailable."""
    machine = _MACHINES.get(platform.machine().lower())
    if platform.system() != "Linux" or machine is None:
        raise Unavailable(f"none is published for {platform.system()} {platform.machine()}")
    # Asked first, of both: a machine that reaches one of the sites alone downloads nothing.
    published = f"{sites.kubernetes}/v{pin.VERSION}/bin/linux/{machine}"
    archive = f"etcd-v{pin.ETCD_VERSION}-linux-{machine}.tar.gz"
    release = f"{sites.etcd}/v{pin.ETCD_VERSION}"
    wanted = {f"{published}/{name}": _sum(f"{published}/{name}.sha256") for name in pin.OF_KUBERNETES}
    wanted[f"{release}/{archive}"] = _sum(f"{release}/SHA256SUMS", archive)

    progress.phase(f"Downloading Kubernetes {pin.VERSION} and etcd {pin.ETCD_VERSION}")
    come: dict[str, int] = {}

    def fetch(url: str) -> Path:
        target = folder / url.rpartition("/")[2]

        def arrived(count: int) -> None:
            come[url] = count
            progress.at(f"{sum(come.copy().values()) / 2**20:.0f} MiB")

        download.file(url, wanted[url], target, arrived)
        return target

    with ThreadPoolExecutor(len(wanted)) as pool:
        files = {file.name: file for file in pool.map(fetch, wanted)}
    (folder / "bin").mkdir()
    for name in pin.OF_KUBERNETES:
        files[name].rename(folder / "bin" / name)
    _unpack(files[archive], folder / "bin" / pin.ETCD)
    for name in pin.NAMES:
        (folder / "bin" / name).chmod(0o755)


def _sum(url: str, of: str = "") -> str:
    """The checksum in a file that holds nothing else, or that of one file of a list."""
    for line in download.text(url).splitlines():
        checksum, _, name = line.strip().partition(" ")
        if len(checksum) == 64 and name.strip() == of:
            return checksum
    raise Unavailable(f"{url} tells no checksum{f' of {of}' if of else ''}")


def _unpack(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as files:
        for member in files:
            if Path(member.name).name == pin.ETCD and (content := files.extractfile(member)) is not None:
                target.write_bytes(content.read())
                archive.unlink()
                return
    raise Unavailable(f"{archive.name} holds no {pin.ETCD}")
