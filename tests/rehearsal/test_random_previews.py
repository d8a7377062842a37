"""A handful of the random settings through the real engine: what the check calls good, a preview plans."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from rehearsal.engine.derived import derive
from rehearsal.estate import Estate
from tests.infra.settings.drawn import configs, mended

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]


@seed(20)
@settings(
    max_examples=5,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(config=configs())
def test_the_engine_plans_what_the_check_calls_good(config: dict[str, Any], estate: Estate) -> None:
    good, _ = mended("dev", config)
    assert good is not None
    # JSON is YAML in which a text is a text for every reader.
    said = good.model_dump(mode="json", exclude={"stack"}, exclude_unset=True, exclude_none=True)
    file = estate.project_dir / "stacks" / "Pulumi.dev.yaml"
    file.write_text(json.dumps({"config": {f"isthmus:{name}": part for name, part in said.items()}}))
    planned: list[str] = []

    def note(event: Any) -> None:
        metadata = (event.get("resourcePreEvent") or {}).get("metadata") or {}
        if metadata.get("op") == "create":
            planned.append(metadata["type"])

    path = derive(estate.home, estate.project_dir, "dev").path
    estate.engine.preview("dev", config_file=path, on_event=note)
    assert len(planned) > 100
    assert planned.count("aws:eks/cluster:Cluster") == 1
