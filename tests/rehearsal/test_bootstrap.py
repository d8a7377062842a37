"""The bootstrap by the real engine: made on the stand-in, unchanged by a second up, found by the doctor."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.doctor import CHECKS, Clouds, run
from infra.settings import read
from rehearsal import sandbox
from rehearsal.engine.command import Engine

pytestmark = pytest.mark.engine
CI = {"repository": "shop/isthmus"}


def test_what_it_makes_is_what_the_doctor_looks_for(engine: Engine, project: Path) -> None:
    file = project / "Pulumi.yaml"
    file.write_text(file.read_text().replace("main: infra", "main: infra/bootstrap"))
    sandbox.change(project, {"deploy": {"ci": CI}})
    stack_file = sandbox.stack_file(project)
    first = engine.up("local", config_file=stack_file)
    assert first.created > 20
    second = engine.up("local", config_file=stack_file)
    assert (second.created, second.updated, second.replaced) == (0, 0, 0)

    settings = read(stack_file, "local")
    clouds = Clouds(settings, f"awskms://alias/isthmus-local?region={settings.aws.region}", {})
    wanted = [check for check in CHECKS if check.name in ("key of secrets", "state bucket")]
    assert [each.state for each in run(wanted, settings, clouds)] == ["ok", "ok"]
