"""Bad stack files through the real engine: one sentence, no traceback, and nothing registered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rehearsal.engine.derived import derive
from rehearsal.engine.result import UpdateFailed
from rehearsal.estate import Estate
from tests.infra.settings.test_bad_files import BAD, header

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

# One of each way to be wrong; tests/infra/settings proves all of them without the engine.
THROUGH_THE_ENGINE = (
    "cidr-overlap-sites",
    "gpu-pool-zero",
    "unknown-instance-type",
    "secret-by-name",
)


@pytest.mark.parametrize("path", [p for p in BAD if p.stem in THROUGH_THE_ENGINE], ids=lambda p: p.stem)
def test_the_engine_registers_nothing(estate: Estate, path: Path) -> None:
    (stack,) = header(path, "stack")
    shutil.copy(path, estate.project_dir / "stacks" / f"Pulumi.{stack}.yaml")
    with pytest.raises(UpdateFailed) as caught:
        estate.engine.up(stack, config_file=derive(estate.home, estate.project_dir, stack).path)

    told = caught.value.result.stdout + caught.value.result.stderr
    assert "Traceback" not in told
    for part in header(path, "expect"):
        assert part in told
    deployment = estate.engine.export(stack)["deployment"]
    assert [one["type"] for one in deployment.get("resources") or []] in ([], ["pulumi:pulumi:Stack"])


def test_each_of_them_was_found() -> None:
    assert {path.stem for path in BAD} >= set(THROUGH_THE_ENGINE)
