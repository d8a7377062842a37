"""What a run tracked is read back from the disk, and nothing reached the network for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.shops import small_shop
from training.errors import TrainingError
from training.fit.checkpoint import FolderObjects
from training.fit.cluster import Worker
from training.jobs.local.run import train_here
from training.operations.tracking.reproduce import differences, settings_of
from training.operations.tracking.run import tracked
from training.operations.tracking.tensorboard import read_scalars
from training.operations.tracking.weights_and_biases import is_wanted, mode_of
from training.operations.workspace import Workspace
from training.orders.source import Folder
from training.release import Window, read_report, verify
from training.settings import TrainingSettings
from training.transfer.pseudonym import Pseudonyms

SETTINGS = TrainingSettings(
    hold_back_days=2, epochs=3, learning_rate=0.005, embedding_dim=8, history_length=16
)


@pytest.mark.long
def test_a_run_is_tracked_and_made_again_from_its_manifest(tmp_path: Path) -> None:
    shop = Folder(small_shop(tmp_path / "orders"))
    key = Pseudonyms("a key of the private site")
    first = train_here(shop, SETTINGS, key, tmp_path / "work", tmp_path / "one")
    work = Workspace.of(shop.url, tmp_path / "work")
    data = work.training_data(SETTINGS)
    scalars = read_scalars(work.folder / "tracking" / data.fingerprint)
    losses = read_report(tmp_path / "one")["losses"]
    assert scalars["loss"] == pytest.approx(dict(enumerate(losses, 1)), rel=1e-6)
    assert sorted(scalars["examples_per_second"]) == [1, 2, 3]
    assert all(speed > 0 for speed in scalars["examples_per_second"].values())

    manifest = verify(tmp_path / "one")
    assert differences(manifest, window=Window.of(data.manifest)) == []
    again = train_here(shop, settings_of(manifest), key, tmp_path / "elsewhere", tmp_path / "two")
    assert not again.unchanged
    assert again.digest == first.digest

    other = SETTINGS.model_copy(update={"learning_rate": 0.01})
    fewer = Window.of(data.manifest).model_copy(update={"rows": 1})
    found = differences(
        manifest.model_copy(update={"versions": manifest.versions | {"numpy": "1.0", "gone": "2"}}),
        other,
        fewer,
    )
    assert [difference.what for difference in found] == [
        "gone",
        "numpy",
        "training.learning_rate",
        "orders: rows",
    ]
    assert (found[2].release, found[2].now) == ("0.005", "0.01")

    unknown = manifest.model_copy(update={"settings": {**manifest.settings, "towers": 3}})
    with pytest.raises(
        TrainingError, match=r"make it again with the code .*training\.towers: is not a known key"
    ):
        settings_of(unknown)
    assert "training.towers" in differences(unknown)[0].now

    # Only the chief tracks: two writers would tell everything twice.
    objects = FolderObjects(tmp_path / "second" / "checkpoints")
    with tracked(data, Worker(1, ("127.0.0.1:1", "127.0.0.1:2")), objects) as nothing:
        nothing.scalars(1, {"loss": 1.0})
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        ({}, "offline"),
        ({"WANDB_MODE": "online"}, "offline"),
        ({"WANDB_MODE": "disabled"}, "disabled"),
        ({"WANDB_API_KEY": "k"}, "online"),
        ({"WANDB_API_KEY": "k", "WANDB_MODE": "offline"}, "offline"),
    ],
)
def test_only_a_key_takes_a_run_online(environment: dict[str, str], mode: str) -> None:
    assert mode_of(environment) == mode


def test_what_is_not_known_is_refused() -> None:
    assert not is_wanted({})
    with pytest.raises(TrainingError, match="TRACK is 'mlflow'"):
        is_wanted({"TRACK": "mlflow"})
    with pytest.raises(TrainingError, match="WANDB_MODE is 'of'"):
        mode_of({"WANDB_MODE": "of"})


OFFLINE_RUN = """
import sys
from pathlib import Path
from training.operations.tracking.weights_and_biases import WeightsAndBiases
run = WeightsAndBiases(Path(sys.argv[1]), "a-run", {"epochs": 2})
run.scalars(1, {"loss": 3.5})
run.close()
"""


def test_wandb_without_a_key_writes_a_folder_and_asks_no_network(tmp_path: Path) -> None:
    with socket.socket() as everything:
        everything.bind(("127.0.0.1", 0))
        everything.listen()
        everything.settimeout(0.2)
        url = f"http://127.0.0.1:{everything.getsockname()[1]}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
        # Every way out, the proxies and the library's own server, leads to a socket that takes note.
        ways = dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "WANDB_BASE_URL"), url
        )
        subprocess.run(
            [sys.executable, "-c", OFFLINE_RUN, str(tmp_path)],
            check=True,
            env={
                **environment,
                **ways,
                "WANDB_MODE": "online",
                "NO_PROXY": "",
                "no_proxy": "",
                "HOME": str(tmp_path),
            },
            timeout=120,
        )
        with pytest.raises(TimeoutError):
            everything.accept()
    (written,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    content = written.read_bytes()
    assert b"loss" in content
    assert b"3.5" in content
