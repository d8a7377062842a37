"""The init step against a real S3 API: what it refuses, and what an interruption leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.pull import PullConfig, pull
from serving.repository.build import read_built, version_of
from tests.serving.conftest import BUCKET
from tests.serving.small_release import SmallRelease
from training.release import ReleaseDamaged, ReleaseError, SignatureRefused, Store, new_key, public_key, sign


@pytest.fixture
def wanted(release: SmallRelease, trusted: str, tmp_path: Path) -> PullConfig:
    return PullConfig(
        release=release.digest,
        bucket=BUCKET,
        trusted_keys=(trusted,),
        repository=tmp_path / "models" / "current",
        onnx_backend="python",
    )


def key(release: SmallRelease, name: str) -> str:
    return f"releases/{release.digest.removeprefix('sha256:')}/{name}"


def names(release: SmallRelease) -> list[str]:
    return [*(file.path for file in release.manifest.files), "manifest.json"]


def test_a_pull_builds_once_and_then_finds_it_there(wanted: PullConfig, store: Store) -> None:
    assert pull(wanted, store) == "built"
    before = {path: path.stat().st_mtime_ns for path in wanted.repository.rglob("*")}
    assert pull(wanted, store) == "already there"
    assert before == {path: path.stat().st_mtime_ns for path in wanted.repository.rglob("*")}
    assert (wanted.repository / "two_tower" / str(version_of(wanted.release)) / "model.onnx").is_file()
    # Nothing but the repository and its lock stays behind.
    assert {path.name for path in wanted.repository.parent.iterdir()} == {"current", ".current.lock"}


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
def test_a_flipped_bit_in_any_file_is_refused_by_name(
    wanted: PullConfig, store: Store, release: SmallRelease, s3: Any, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(names(release)))
    whole = s3.get_object(Bucket=BUCKET, Key=key(release, name))["Body"].read()
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    spoiled = bytearray(whole)
    spoiled[place // 8] ^= 1 << place % 8
    s3.put_object(Bucket=BUCKET, Key=key(release, name), Body=bytes(spoiled))
    try:
        with pytest.raises(ReleaseDamaged) as refused:
            pull(wanted, store)
        assert refused.value.path == name
        assert name in str(refused.value)
        assert not wanted.repository.exists()
    finally:
        s3.put_object(Bucket=BUCKET, Key=key(release, name), Body=whole)


def test_a_missing_file_is_refused_by_name(
    wanted: PullConfig, store: Store, release: SmallRelease, s3: Any
) -> None:
    s3.delete_object(Bucket=BUCKET, Key=key(release, "customers.parquet"))
    with pytest.raises(ReleaseDamaged, match=r"customers\.parquet is missing"):
        pull(wanted, store)


def test_an_interrupted_pull_goes_on(
    wanted: PullConfig, store: Store, release: SmallRelease, s3: Any
) -> None:
    model = s3.get_object(Bucket=BUCKET, Key=key(release, "popular.json"))["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=key(release, "popular.json"))
    with pytest.raises(ReleaseDamaged):
        pull(wanted, store)
    assert not wanted.repository.exists()
    s3.put_object(Bucket=BUCKET, Key=key(release, "popular.json"), Body=model)
    # What a killed build leaves aside does not stay.
    left = wanted.repository.parent / ".current-killed"
    left.mkdir()
    assert pull(wanted, store) == "built"
    assert not left.exists()


def test_a_signature_by_an_untrusted_key_is_refused(wanted: PullConfig, store: Store) -> None:
    store.sign(sign(wanted.release, new_key()))
    with pytest.raises(SignatureRefused, match="not trusted here"):
        pull(wanted, store)
    assert not wanted.repository.exists()


def test_a_wrong_signature_of_a_trusted_key_is_refused(
    wanted: PullConfig, store: Store, signing_key: str
) -> None:
    right = sign(wanted.release, signing_key)
    store.sign(right.model_copy(update={"signed_at": "2031-01-01T00:00:00Z"}))
    with pytest.raises(SignatureRefused, match="is false for"):
        pull(wanted, store)


def test_a_release_without_signature_is_refused_before_any_download(
    wanted: PullConfig, store: Store, release: SmallRelease, s3: Any
) -> None:
    s3.delete_object(Bucket=BUCKET, Key=key(release, "signature.json"))
    with pytest.raises(SignatureRefused, match="was not validated"):
        pull(wanted, store)
    assert not list(wanted.repository.parent.glob(".current.release/*"))


def test_trust_that_was_withdrawn_counts_for_what_is_there_already(wanted: PullConfig, store: Store) -> None:
    pull(wanted, store)
    other = wanted.model_copy(update={"trusted_keys": (public_key(new_key()),)})
    with pytest.raises(SignatureRefused, match="not trusted here"):
        pull(other, store)


def test_without_the_bucket_a_whole_repository_is_enough(wanted: PullConfig, store: Store, s3: Any) -> None:
    pull(wanted, store)
    assert pull(wanted, Store("no-such-bucket", s3)) == "already there"


def test_a_repository_that_was_changed_is_built_again(wanted: PullConfig, store: Store) -> None:
    pull(wanted, store)
    table = wanted.repository / "recommend" / str(version_of(wanted.release)) / "popular.npy"
    whole = table.read_bytes()
    table.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert pull(wanted, store) == "built"
    assert table.read_bytes() == whole
    (wanted.repository / "intruder").mkdir()
    (wanted.repository / "intruder" / "config.pbtxt").write_text('name: "intruder"')
    assert pull(wanted, store) == "built"
    assert not (wanted.repository / "intruder").exists()


def test_an_unknown_release_is_said_to_be_unknown(wanted: PullConfig, store: Store) -> None:
    with pytest.raises(ReleaseError, match="has no release sha256:0000"):
        pull(wanted.model_copy(update={"release": "sha256:" + "0" * 64}), store)


def environment(wanted: PullConfig, s3_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "RELEASE": wanted.release,
        "RELEASES_BUCKET": wanted.bucket,
        "TRUSTED_KEYS": ",".join(wanted.trusted_keys),
        "MODEL_REPOSITORY": str(wanted.repository),
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
    }


def test_the_step_itself_ends_with_one_sentence(
    wanted: PullConfig, store: Store, release: SmallRelease, s3: Any, s3_url: str
) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "serving.pull"],
            env=environment(wanted, s3_url),
            capture_output=True,
            text=True,
            timeout=60,
        )

    whole = s3.get_object(Bucket=BUCKET, Key=key(release, "model.onnx"))["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=key(release, "model.onnx"), Body=whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = run()
    assert refused.returncode == 1
    assert "model.onnx" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    s3.put_object(Bucket=BUCKET, Key=key(release, "model.onnx"), Body=whole)
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    built = read_built(wanted.repository)
    assert built is not None
    assert built.digest == release.digest


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"RELEASE": ""}, "RELEASE is not set"),
        ({"TRUSTED_KEYS": " "}, "TRUSTED_KEYS is not set"),
        ({"ONNX_BACKEND": "tensorflow"}, "ONNX_BACKEND is 'tensorflow'; allowed: native, python"),
        ({"GPUS": "two"}, "GPUS is 'two'; allowed"),
        ({"GPUS": "1", "ONNX_BACKEND": "python"}, "runs on the CPU"),
    ],
)
def test_a_wrong_environment_names_the_variable(
    wanted: PullConfig, change: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from serving.pull import main

    assert main({**environment(wanted, "http://127.0.0.1:9"), **change}) == 1
    assert sentence in capsys.readouterr().err
