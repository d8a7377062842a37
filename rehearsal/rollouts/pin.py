"""Which controller: the one place that names its version (gomodule/go.mod names it too; a test compares).

``gomodule`` requires the controller's own module with the ``replace`` lines of its go.mod, which Go reads in
no module but the main one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rehearsal.programs.build import GoProgram

VERSION: Final = "1.9.1"

MODULE: Final = GoProgram(
    name="the controller of Argo Rollouts",
    title=f"Argo Rollouts {VERSION}",
    module=Path(__file__).parent / "gomodule",
    package="github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
    executable="rollouts-controller",
    stamps={"github.com/argoproj/argo-rollouts/utils/version.version": VERSION},
    go=(1, 24, 9),
    # Measured: 119 MB of program; modules and build cache as the control plane's, which shares most of them.
    needed_gib=5,
)

__all__ = ["MODULE", "VERSION"]
