"""What a run on this machine keeps for the user: the pseudonym key, and the work of stopped runs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from platformdirs import user_cache_path, user_config_path

from isthmus.os_errors import as_sentences
from training.errors import TrainingError


def pseudonym_key() -> str:
    """PSEUDONYM_KEY, else this user's own key, made at the first use and readable by the user alone.

    `isthmus recommend` finds a customer only with the key that the release was trained with.

    Raises:
        IsthmusError: when the key's file can be neither read nor made.
    """
    if key := os.environ.get("PSEUDONYM_KEY"):
        return key
    path = user_config_path("isthmus") / "pseudonym.key"
    with as_sentences(writing=path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_suffix(f".{os.getpid()}")
            aside.touch(mode=0o600)
            aside.write_text(secrets.token_hex(32))
            try:
                # Two first runs at once must end with one key: the link of the second fails.
                path.hardlink_to(aside)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        content = path.read_bytes().strip()
    if not content.isascii() or not content:
        raise TrainingError(
            f"{path} holds no key; bring the one back that the releases were made with, or remove it "
            "for a new one"
        )
    return content.decode()


def work_folder() -> Path:
    """Where batches and checkpoints are kept between runs."""
    return user_cache_path("isthmus") / "training"
