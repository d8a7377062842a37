"""A handful of the random settings through the real engine: what the check calls good, a preview plans."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from rehearsal.engine.derived import derive
from rehearsal.estate import Estate
from tests.infra.settings.drawn import configs, mended

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]

BEYOND_16_BITS = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")


def _as_one(pair: re.Match[str]) -> str:
    letter = json.loads(f'"{pair[0]}"')
    return f"\\U{ord(letter):08x}"


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
    # JSON is YAML in which a text is a text for every reader, but for letters that JSON writes as two.
    said = good.model_dump(mode="json", exclude={"stack"}, exclude_unset=True, exclude_none=True)
    file = estate.project_dir / "stacks" / "Pulumi.dev.yaml"
    text = json.dumps({"config": {f"isthmus:{name}": part for name, part in said.items()}})
    file.write_text(BEYOND_16_BITS.sub(_as_one, text))
    planned: list[str] = []

    def note(event: Any) -> None:
        metadata = (event.get("resourcePreEvent") or {}).get("metadata") or {}
        if metadata.get("op") == "create":
            planned.append(metadata["type"])

    path = derive(estate.home, estate.project_dir, "dev").path
    estate.engine.preview("dev", config_file=path, on_event=note)
    assert len(planned) > 100
    assert planned.count("aws:eks/cluster:Cluster") == 1
