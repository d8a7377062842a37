"""The clouds' stacks, previewed with no credentials: they succeed, and differ by their stack files alone."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.engine.derived import derive
from rehearsal.estate import ENGINES_OWN, Estate
from tests.pages.figures import figures

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

CLOUDS = ("dev", "staging", "prod")


def planned(estate: Estate, stack: str) -> Counter[str]:
    """How many resources of each type the preview of a stack would create."""
    types: Counter[str] = Counter()

    def note(event: Mapping[str, Any]) -> None:
        if (metadata := (event.get("resourcePreEvent") or {}).get("metadata")) and metadata["op"] == "create":
            types[metadata["type"]] += 1
        # The engine's own provider, which no summary counts.
        types.pop(ENGINES_OWN, None)

    config = derive(estate.home, estate.project_dir, stack)
    estate.engine.preview(stack, config_file=config.path, on_event=note)
    return types


@pytest.mark.parametrize("stack", CLOUDS)
def test_a_clouds_stack_previews_without_credentials(estate: Estate, stack: str) -> None:
    stack_files = {path.name: path.read_bytes() for path in (estate.project_dir / "stacks").iterdir()}

    types = planned(estate, stack)

    assert types.total() >= 100
    assert str(types.total()) == figures()[f"resources.{stack}"].value, (
        "docs/figures.yaml states another number"
    )
    assert types["aws:ec2/vpnConnection:VpnConnection"] == (1 if stack == "dev" else 2)
    # The stand-in was asked for nothing, and nothing was written into the stack files.
    assert not (estate.home.aws / "server.json").exists()
    assert {p.name: p.read_bytes() for p in (estate.project_dir / "stacks").iterdir()} == stack_files


def test_the_same_settings_under_another_name_are_the_same_estate(estate: Estate) -> None:
    """Environments differ by their stack files: prod's file under dev's name is prod."""
    stacks = estate.project_dir / "stacks"
    prod = planned(estate, "prod")
    dev = (stacks / "Pulumi.dev.yaml").read_bytes()
    shutil.copy(stacks / "Pulumi.prod.yaml", stacks / "Pulumi.dev.yaml")
    try:
        assert planned(estate, "dev") == prod
    finally:
        (stacks / "Pulumi.dev.yaml").write_bytes(dev)
