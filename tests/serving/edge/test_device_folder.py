"""A device's folder: what may take the former bundle's place, and that nothing lies between the two."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from serving.edge.runtime.device_folder import DeviceFolder
from serving.edge.runtime.errors import BundleRefused, DeviceFolderError
from tests.serving.edge.conftest import Again, Packed
from training.release import new_key, public_key

LATER, LATEST = "2011-11-01T00:00:00Z", "2011-12-01T00:00:00Z"


def files(folder: DeviceFolder) -> dict[str, bytes]:
    return {str(p.relative_to(folder.path)): p.read_bytes() for p in folder.path.rglob("*") if p.is_file()}


def test_a_newer_bundle_takes_the_place_and_a_rollback_brings_the_former_one_back(
    packed: Packed, again: Again, tmp_path: Path
) -> None:
    folder = DeviceFolder(tmp_path / "device", packed.trusted)
    with pytest.raises(DeviceFolderError, match="holds no bundle yet"):
        folder.recommender()
    first, changed = folder.update(packed.file)
    assert (changed, first.target, first.former) == (True, "any", None)
    assert folder.update(packed.file) == (first, False)
    second, _ = folder.update(again("later", version=LATER))
    assert (second.former, second.current.version) == (first.current, LATER)
    assert folder.bundle().manifest.version == LATER
    third, _ = folder.update(again("latest", version=LATEST))
    assert len(list((folder.path / "bundles").iterdir())) == 2
    assert folder.rollback().current == second.current
    assert third.current.file not in str(list((folder.path / "bundles").iterdir()))
    with pytest.raises(DeviceFolderError, match="keeps no former bundle"):
        folder.rollback()
    assert folder.recommender().recommend(k=3).products


def test_what_is_refused_leaves_every_file_as_it_was(packed: Packed, again: Again, tmp_path: Path) -> None:
    folder = DeviceFolder(tmp_path / "device", packed.trusted)
    folder.update(again("later", version=LATER))
    before = files(folder)
    raw = packed.file.read_bytes()
    (tmp_path / "cut.edge").write_bytes(raw[: len(raw) // 2])
    kept = packed.read().json("self_check.json")
    kept["int8"][0] = {code: score + 5 for code, score in kept["int8"][0].items()}
    kept["float"][0] = {code: score + 5 for code, score in kept["float"][0].items()}
    liar = again("liar", {"self_check.json": json.dumps(kept).encode()}, version=LATEST)
    cases = {
        "--allow-older takes any": (folder, packed.file),
        "is for devices till, and this one is any": (folder, again("till", target="till", version=LATEST)),
        "more than the limit": (DeviceFolder(folder.path, packed.trusted, 0.01), packed.file),
        "not trusted here": (DeviceFolder(folder.path, [public_key(new_key())]), packed.file),
        "is cut short": (folder, tmp_path / "cut.edge"),
        "question 1 of its self-check": (folder, liar),
    }
    for sentence, (device, file) in cases.items():
        with pytest.raises(BundleRefused, match=sentence):
            device.update(file)
        assert files(folder) == before, sentence
    older, changed = folder.update(packed.file, allow_older=True)
    assert (changed, older.current.version) == (True, packed.read().manifest.version)


def test_a_damaged_bundle_is_mended_by_the_same_update_and_never_rolled_back_to(
    packed: Packed, again: Again, tmp_path: Path
) -> None:
    folder = DeviceFolder(tmp_path / "device", packed.trusted)
    first, _ = folder.update(packed.file)
    place = folder.path / "bundles" / first.current.file
    place.write_bytes(place.read_bytes()[:-100])
    with pytest.raises(BundleRefused, match="is cut short"):
        folder.recommender()
    assert folder.update(packed.file) == (first, True)
    second, _ = folder.update(again("later", version=LATER))
    place.write_bytes(b"")
    with pytest.raises(BundleRefused, match="is cut short"):
        folder.rollback()
    assert folder.installed() == second
    assert folder.bundle().manifest.version == LATER
    (folder.path / "installed.json").write_text("{}")
    with pytest.raises(DeviceFolderError, match="is not what an update wrote"):
        folder.update(packed.file)


KILLED = """
import os, sys
from pathlib import Path
from serving.edge.runtime.device_folder import DeviceFolder
folder, file, key, what = sys.argv[1:]
device = DeviceFolder(Path(folder), [key])
device.recommender()  # loads all libraries, so that each child's steps are the update's own
def act():
    device.update(Path(file)) if what == "update" else device.rollback()
steps, last = 0, -1
# Each call that changes, writes or syncs a file is a step; a child ends without a word before it.
WATCHED = {"open", "write", "flush", "fsync", "close", "rename", "replace", "unlink", "fchmod", "mkdir"}
def before(_frame, event, function):
    global steps
    if event == "c_call" and function.__name__ in WATCHED:
        if steps == last:
            os._exit(9)
        steps += 1
import shutil
kept = Path(folder + "-kept")
shutil.copytree(folder, kept)
seen = set()
for number in range(2000):
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    child = os.fork()
    if child == 0:
        last = number
        sys.setprofile(before)
        act()
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    answers = DeviceFolder(Path(folder), [key])
    now = answers.bundle().manifest.version
    assert answers.recommender().recommend(k=3).products
    seen.add(now)
    # The same command goes on, and leaves nothing of the killed one behind.
    if ended == 9 and what == "update":
        answers.update(Path(file))
        named = {answers.installed().current.file, answers.installed().former.file}
        assert {path.name for path in (Path(folder) / "bundles").iterdir()} == named, number
        left = {path.name for path in Path(folder).iterdir()}
        assert left == {".lock", "bundles", "installed.json"}, number
    if ended == 0:
        break
    assert ended == 9, ended
print(number, *sorted(seen))
"""


@pytest.mark.parametrize("what", ["update", "rollback"])
def test_killed_before_any_of_its_steps_the_former_or_the_new_bundle_answers(
    packed: Packed, again: Again, tmp_path: Path, what: str
) -> None:
    folder = DeviceFolder(tmp_path / "device", packed.trusted)
    folder.update(packed.file)
    later = again("later", version=LATER)
    if what == "rollback":
        folder.update(later)
    command = [sys.executable, "-c", KILLED, str(folder.path), str(later), packed.trusted[0], what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    steps, *seen = done.stdout.split()
    assert int(steps) >= 8, "the steps are no longer seen"
    assert seen == [packed.read().manifest.version, LATER]
