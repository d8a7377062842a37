"""Which engine: the one place that names its version (gomodule/go.mod names it too; a test compares)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rehearsal.programs.build import GoProgram
from rehearsal.programs.versions import Version

VERSION: Final = "3.259.0"

# An engine of the user's own must be as new as the one this project is tested with.
MINIMUM: Final = (3, 259, 0)
BELOW: Final = (4, 0, 0)

MODULE: Final = GoProgram(
    name="the engine",
    title=f"Pulumi {VERSION}",
    module=Path(__file__).parent / "gomodule",
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    executable="pulumi",
    stamps={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": f"v{VERSION}"},
    go=(1, 25, 11),
    # Measured: 115 MB of engine, 2.9 GB of modules and build cache from nothing.
    needed_gib=4,
)


def compatible(version: Version) -> bool:
    """Whether an engine of this version can run the project."""
    return MINIMUM <= version < BELOW
