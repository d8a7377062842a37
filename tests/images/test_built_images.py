"""The real Containerfiles on a base of this machine's: built, pushed, and run as the user of the pods.

The base that they name cannot be pulled everywhere, so Debian's own Python stands in for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from isthmus.images import IMAGES, OwnImage, building, record
from isthmus.images.builder import Builder
from isthmus.images.catalogue import USER
from rehearsal.ports import free_ports

NEEDED = ("buildah", "mmdebstrap", "docker-registry")
CREATED = "1764288000"
FROM_HOST = ("/etc/ssl/certs", "/usr/local/share/ca-certificates", "/etc/pip.conf")
"""By which this machine reaches its package registry."""
RUNS = {
    "serving": ("serving.pull", "RELEASE is not set"),
    "front": ("serving.front", "the following arguments are required: --settings"),
    "training": ("training.jobs.train", "TRAINING_SETTINGS is not set"),
}
"""Image -> what its entry point runs, and the sentence that it gets to without an environment."""

missing = [name for name in NEEDED if not shutil.which(name)]
pytestmark = [
    pytest.mark.images,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(
        bool(missing), reason=f"not on PATH: {', '.join(missing)}; `make images` installs them"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="buildah's isolation chroot wants root"),
]


@dataclass(frozen=True)
class Store:
    """Images of this test alone."""

    options: Sequence[str]
    base: str

    def buildah(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["buildah", *self.options, *arguments], capture_output=True, text=True, check=False
        )

    @property
    def builder(self) -> Builder:
        volumes = [f"--volume={path}:{path}:ro" for path in FROM_HOST if Path(path).exists()]
        return Builder("buildah", self.options, ("--isolation", "chroot", *volumes))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    packages = "--include=python3,python3-venv,ca-certificates"
    tar = folder / "base" / "base.tar"
    tar.parent.mkdir()
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", packages, "bookworm", str(tar)],
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": CREATED},
    )
    (tar.parent / "Containerfile").write_text("FROM scratch\nADD base.tar /\n")
    options = ("--root", f"{folder}/images", "--runroot", f"{folder}/run", "--storage-driver", "vfs")
    made = Store(options, "localhost/base")
    done = made.buildah("build", "--isolation", "chroot", "-t", made.base, str(tar.parent))
    assert done.returncode == 0, done.stderr
    yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("registry"), free_ports(1)
    address = f"127.0.0.1:{port}"
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{ level: error }}\nhttp: {{ addr: {address} }}\n"
        f"storage: {{ filesystem: {{ rootdirectory: {folder}/data }} }}\n"
    )
    with subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")]) as process:
        try:
            while True:
                try:
                    httpx.get(f"http://{address}/v2/")
                    break
                except httpx.TransportError:
                    assert process.poll() is None
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()


@pytest.mark.parametrize("name", ["serving", "front", "training"])
def test_an_image_is_built_pushed_and_run(
    store: Store, registry: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "FOLDER", tmp_path / "kept")
    image = IMAGES[name]
    built = building.build(image, store.builder, base=store.base)
    print(f"{built.tag}: {built.size / 1e6:.0f} MB")
    pushed = building.push(image, store.builder, registry, plain_http=True)
    known = httpx.head(
        f"http://{registry}/v2/{image.repository}/manifests/{built.tag}",
        headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
    )
    assert known.headers["Docker-Content-Digest"] == pushed.digest
    runs(store, image)


def runs(store: Store, image: OwnImage) -> None:
    """Out of the image, as the user that it names."""
    container = store.buildah("from", building.local(image)).stdout.strip()
    run = ("run", "--isolation", "chroot", container, "--")
    module, sentence = RUNS[image.name]
    said = store.buildah(*run, "python", "-m", module)
    assert sentence in said.stdout + said.stderr
    assert store.buildah(*run, "id", "-u").stdout.strip() == str(USER)
    assert store.buildah(*run, "touch", "/opt/isthmus/new").returncode != 0
    assert store.buildah(*run, "touch", "/tmp/new").returncode == 0  # noqa: S108
    # As a deploy sees it: by number, so that the kubelet can tell that it is not root.
    told = store.buildah("inspect", "--type", "image", building.local(image)).stdout
    assert f'"User": "{USER}:{USER}"' in told
    assert "org.opencontainers.image.revision" in told
