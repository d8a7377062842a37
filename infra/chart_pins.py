"""The Helm charts of ``chart_pins.yaml``, as the program and its reviews read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from isthmus.settings.section import Section

FILE = Path(__file__).with_suffix(".yaml")
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Chart(Section):
    """A chart, pinned."""

    name: str
    """Its name in its repository."""
    repository: str
    """``https://`` and where its index is, or ``oci://`` and the path above it."""
    version: Annotated[str, Field(pattern=r"^v?\d+\.\d+\.\d+$")]
    """Exactly this one."""
    digest: Digest | None
    """Of its archive, or of its manifest where it is in a registry of images, as `helm pull` tells it (helm,
    pkg/registry/client.go, ``result.Manifest.Digest``; 2026-11-29); None: not looked up."""
    source: str
    """Where version and digest were read."""

    @property
    def reference(self) -> str:
        """What Helm is asked for: an OCI chart goes by its whole address."""
        return f"{self.repository}/{self.name}" if self.is_oci else self.name

    @property
    def is_oci(self) -> bool:
        """Whether it is in a registry of images."""
        return self.repository.startswith("oci://")


@cache
def charts() -> dict[str, Chart]:
    """The charts, by name."""
    rows = yaml.safe_load(FILE.read_text())["charts"]
    return {name: Chart(name=name, **row) for name, row in rows.items()}


__all__ = ["FILE", "Chart", "charts"]
