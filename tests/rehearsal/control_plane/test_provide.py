"""Where the programs of a control plane come from, and what is said when they come from nowhere."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.pins import KUBERNETES_PATCH
from rehearsal.control_plane import pin
from rehearsal.control_plane.official import Sites
from rehearsal.control_plane.provide import cached, provide
from rehearsal.engine.files import write_executable
from rehearsal.programs import cache
from rehearsal.programs.errors import ProgramError
from rehearsal.programs.versions import dotted

MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
BINARIES = f"/v{pin.VERSION}/bin/linux/{MACHINE}"
ARCHIVE = f"etcd-v{pin.ETCD_VERSION}-linux-{MACHINE}.tar.gz"
# Nobody listens on the discard port of this machine.
NOWHERE = Sites("http://127.0.0.1:9", "http://127.0.0.1:9")

_GO = """#!/bin/sh
case $1 in
env) echo go1.26.0 ;;
list) echo a ;;
build) while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"; printf '#!/bin/sh\\necho Kubernetes {version}\\n' > "$2"; chmod +x "$2" ;;
esac
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))


class Site:
    """Both makers' sites on this machine, with small files in place of large ones."""

    def __init__(self) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo(f"{ARCHIVE.removesuffix('.tar.gz')}/etcd")
            member.size = 4
            archive.addfile(member, io.BytesIO(b"etcd"))
        self.files = {f"{BINARIES}/{name}": f"the program {name}".encode() for name in pin.OF_KUBERNETES}
        for path, content in dict(self.files).items():
            self.files[f"{path}.sha256"] = hashlib.sha256(content).hexdigest().encode()
        release = f"/v{pin.ETCD_VERSION}"
        self.files[f"{release}/{ARCHIVE}"] = packed.getvalue()
        listed = f"{'0' * 64}  another.tar.gz\n{hashlib.sha256(packed.getvalue()).hexdigest()}  {ARCHIVE}\n"
        self.files[f"{release}/SHA256SUMS"] = listed.encode()
        self.ranges: list[str] = []

    def serve(self) -> ThreadingHTTPServer:
        site = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = site.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                begin = 0
                if asked := self.headers.get("Range"):
                    site.ranges.append(f"{self.path} {asked}")
                    begin = int(asked.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(content) - begin))
                self.end_headers()
                self.wfile.write(content[begin:])

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        Thread(target=server.serve_forever, daemon=True).start()
        return server


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def sites(site: Site) -> Iterator[Sites]:
    server = site.serve()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield Sites(url, url)
    server.shutdown()
    server.server_close()


def test_what_the_makers_publish_is_taken_checked_and_kept(sites: Sites) -> None:
    binaries = provide(sites=sites)
    assert binaries.origin == "official"
    for name in pin.OF_KUBERNETES:
        assert (binaries.folder / name).read_text() == f"the program {name}"
        assert os.access(binaries.folder / name, os.X_OK)
    assert (binaries.folder / "etcd").read_text() == "etcd"
    assert provide(sites=NOWHERE) == binaries
    assert cached() == binaries


def test_a_download_goes_on_where_it_was_interrupted(site: Site, sites: Sites) -> None:
    content = site.files[f"{BINARIES}/{pin.API_SERVER}"]
    come = cache.entry("downloads", hashlib.sha256(content).hexdigest())
    come.parent.mkdir(parents=True)
    come.write_bytes(content[:7])
    binaries = provide(sites=sites)
    assert (binaries.folder / pin.API_SERVER).read_bytes() == content
    assert site.ranges == [f"{BINARIES}/{pin.API_SERVER} bytes=7-"]


def test_a_file_with_another_checksum_is_refused_and_nothing_of_it_is_kept(site: Site, sites: Sites) -> None:
    site.files[f"{BINARIES}/{pin.SCHEDULER}"] = b"something else"
    with pytest.raises(ProgramError, match=r"kube-scheduler has the checksum \w{64}, and \w{64} was announ"):
        provide(ways=("official",), sites=sites)
    assert cached() is None
    left = [path for path in cache.root().rglob("*") if path.is_file() and b"something" in path.read_bytes()]
    assert left == []


def test_a_checksum_that_is_not_told_is_no_checksum(site: Site, sites: Sites) -> None:
    site.files[f"{BINARIES}/{pin.KUBECTL}.sha256"] = b"<html>come back later</html>"
    with pytest.raises(ProgramError, match=r"kubectl\.sha256 tells no checksum"):
        provide(ways=("official",), sites=sites)


def test_where_no_site_is_reached_it_is_built_and_one_program_goes_by_all_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_executable(tmp_path / "go" / "go", _GO.replace("{version}", f"v{pin.VERSION}"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "go"), "/usr/bin", "/bin"]))
    binaries = provide(sites=NOWHERE)
    assert binaries.origin == "built"
    for name in pin.NAMES:
        assert (binaries.folder / name).resolve() == (binaries.folder / "controlplane").resolve()


def test_a_build_that_does_not_run_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_executable(tmp_path / "go" / "go", _GO.replace("{version}", "v0.0.0-master"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "go"), "/usr/bin", "/bin"]))
    with pytest.raises(ProgramError, match=r"does not run \(Kubernetes v0\.0\.0-master\)"):
        provide(ways=("built",))
    assert cached() is None


def test_every_way_that_was_tried_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_executable(tmp_path / "go" / "go", "#!/bin/sh\n[ $1 = env ] && echo go1.26.0 && exit\nexit 3\n")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "go"), "/usr/bin", "/bin"]))
    with pytest.raises(ProgramError) as refused:
        provide(sites=NOWHERE)
    told = str(refused.value)
    assert told.startswith("No control plane. (1) as its makers publish it: http://127.0.0.1:9/v")
    assert "cannot be reached" in told
    assert "(2) built from its Go module: go list of the control plane failed (exit status 3)" in told


def test_the_go_module_asks_for_the_pinned_versions() -> None:
    assert pin.VERSION == KUBERNETES_PATCH
    module = (pin.MODULE.module / "go.mod").read_text()
    assert f"k8s.io/kubernetes v{pin.VERSION}\n" in module
    assert f"go.etcd.io/etcd/server/v3 v{pin.ETCD_VERSION}\n" in module
    assert f"go {dotted(pin.MODULE.go)}\n" in module
    assert module.startswith(f"module {pin.MODULE.package}\n")
    staging = [line.split() for line in module.splitlines() if " => " in line]
    assert len(staging) == 33
    assert {line[-1] for line in staging} == {f"v0.{pin.VERSION.partition('.')[2]}"}
    main = (pin.MODULE.module / "main.go").read_text()
    assert all(f'"{name}"' in main for name in pin.NAMES)
