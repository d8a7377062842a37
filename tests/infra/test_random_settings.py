"""What `settings check` calls good, the program builds: random settings, the program, the clouds' rules.

`make settings` draws 2,000 (`ISTHMUS_EXAMPLES` says how many); here and in `make long` they are fewer.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2

from infra.__main__ import estate
from infra.naming import PROJECT, Naming
from infra.settings import Settings
from infra.settings.checks import cross_checks
from rehearsal.cluster.rewriting import expand
from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.of_home import control_plane
from rehearsal.home import Home
from rehearsal.plugins.kubernetes import releases
from rehearsal.plugins.kubernetes.definitions import charts
from tests.infra.aws_judge.judge import faults
from tests.infra.aws_judge.recording import AwsRecorder, opened
from tests.infra.judges import Engine, Judges, plain
from tests.infra.recorded import Estate, record
from tests.infra.settings.cron import Schedule
from tests.infra.settings.drawn import GOOD, configs, every, mended
from training import settings as training_settings
from training.operations.drift import settings as drift_settings
from training.operations.tuning import settings as tuning_settings
from training.orders import settings as orders_settings

FREE = (
    *("nodes", "link", "link-local", "link-peer", "link-1", "link-2", "link-virtual"),
    # Alarms: botocore 1.44, cloudwatch, AlarmName.
    *(
        f"{connection}-{alarm}-down"
        for connection in ("link", "link-1", "link-2")
        for alarm in ("tunnel-1", "tunnel-2", "all")
    ),
)
"""Parts of names that may be any of up to 255 letters."""
STACKS = ("dev", "prod-2", "a" * 33)
SHORT, LONG = 10, int(os.environ.get("ISTHMUS_EXAMPLES", "300"))


@pytest.fixture(scope="module", autouse=True)
def spared() -> Iterator[None]:
    """Spare what is no part of the question and takes half of the time: garbage and where a line stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resource, "_get_stack_trace", source_pb2.StackTrace)
        gc.collect()
        gc.freeze()
        gc.disable()
        yield
        gc.enable()
        gc.unfreeze()


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judges]:
    home = Home(tmp_path_factory.mktemp("judges"))
    clusters.start(home, ["judge"])
    plane = control_plane(home, "judge")
    with Api(plane, running.url(plane)) as api:
        for chart in charts():
            releases.define(api, chart)
        yield Judges(home, api)
    running.stop([plane])


@pytest.fixture(scope="module")
def tried() -> Iterator[Counter[str]]:
    """How often each key said something of its own in what was built; for `pytest -s`."""
    count: Counter[str] = Counter()
    yield count
    built = count.pop("built", 0)
    print(f"\n{built} random settings built; {len(count)} keys set, the rarest {count.most_common()[-8:]}")


def names_of(built: Estate, stack: str) -> set[str]:
    """Every physical name (and alias) among the inputs that begins with the stack's."""
    own = re.compile(rf"(?:alias/)?{PROJECT}-{re.escape(stack)}-[a-z0-9-]+")
    keys = ("name", "bucket")
    return {
        text
        for each in built.resources
        for key in keys
        if isinstance(text := plain(each.inputs.get(key)), str) and own.fullmatch(text)
    }


def told_to_jobs(value: Any) -> Iterator[tuple[str, str]]:
    """The settings among the variables of containers, as name and value."""
    if isinstance(value, list):
        for inner in value:
            yield from told_to_jobs(inner)
    elif isinstance(value, dict):
        if str(value.get("name")).endswith("_SETTINGS"):
            yield value["name"], value["value"]
        for inner in value.values():
            yield from told_to_jobs(inner)


PARSERS: dict[str, Any] = {
    "TRAINING_SETTINGS": training_settings.parse,
    "TUNING_SETTINGS": tuning_settings.parse,
    "RETRAIN_SETTINGS": drift_settings.parse,
    "ORDERS_SETTINGS": orders_settings.parse,
}


def judge(config: dict[str, Any], stack: str, judges: Judges, tried: Counter[str]) -> None:
    good, refusals = mended(stack, config)
    for refusal in refusals:
        # One sentence a problem; nothing was registered, as nothing was run.
        lines = str(refusal).splitlines()
        assert len(lines) == len(refusal.problems)
        assert all(line.startswith("f: ") and line.endswith(".") for line in lines), lines
    assert good is not None, refusals[-1]
    recorder = AwsRecorder(good.aws.region, good.aws.account_id)
    built = record(lambda: estate(good), stack, Engine, recorder)
    assert list(judges.faults(built.resources)) == []
    assert list(faults(opened(built), good.aws.region)) == []
    assert names_of(built, stack) <= fixed(good), names_of(built, stack) - fixed(good)
    for each in built.resources:
        if each.type.startswith("kubernetes:batch"):
            for name, value in told_to_jobs(plain(each.inputs)):
                # As the kubelet hands it over: $(NAME) is another variable.
                assert PARSERS[name](expand(value, {"HOME": "/tmp"})) == PARSERS[name](value)  # noqa: S108
    retrain = good.training.retrain
    for schedule in (retrain.schedule, retrain.train_schedule, retrain.follow_schedule):
        assert Schedule.parse(schedule).after(0) < float("inf"), schedule
    tried["built"] += 1
    if tried["built"] % 10 == 0:
        gc.collect()
    tried.update(set(every(good)))


def fixed(good: Settings) -> set[str]:
    """The names whose rules the check knows, and those that are any letters to their cloud."""
    naming = Naming(good.stack)
    names_by_kind = naming.fixed(good.aws.account_id)
    budgets = {naming.budget(component) for component in good.budget.in_aws}
    free = {naming.name(part) for part in FREE}
    return {name for names in names_by_kind.values() for name in names} | budgets | free


def as_they_stand(stack: str, pools: dict[str, Any]) -> Settings:
    """Settings that no rule between settings has seen."""
    sections = copy.deepcopy({key.partition(":")[2]: part for key, part in GOOD.items()})
    sections["aws"]["gpu_pools"] = pools
    return Settings.model_validate_json(json.dumps({**sections, "stack": stack}))


SPOT = {"instance_type": "g5.xlarge", "max": 1, "capacity": "spot_with_fallback"}


@pytest.mark.parametrize(
    ("stack", "pools", "fault"),
    [
        ("dev", {"a": SPOT, "a-spot": {**SPOT, "capacity": "spot"}}, "two resources are"),
        ("x.y", {}, "kms:CreateAlias does not allow this"),
        ("a" * 50, {}, "has more than 63 characters"),
    ],
)
def test_the_judges_see_what_a_rule_between_settings_refuses(
    stack: str, pools: dict[str, Any], fault: str, judges: Judges
) -> None:
    bad = as_they_stand(stack, pools)
    assert list(cross_checks(bad))
    built = record(lambda: estate(bad), stack, Engine)
    assert fault in " ".join(judges.faults(built.resources))


def suite(examples: int) -> Any:
    return settings(
        max_examples=examples,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


@suite(SHORT)
@given(config=configs(), stack=st.sampled_from(STACKS))
def test_good_settings_build(config: dict[str, Any], stack: str, judges: Judges, tried: Counter[str]) -> None:
    judge(config, stack, judges, tried)


@pytest.mark.long
@pytest.mark.timeout(7200)
@suite(LONG)
@given(config=configs(), stack=st.sampled_from(STACKS))
def test_many_good_settings_build(
    config: dict[str, Any], stack: str, judges: Judges, tried: Counter[str]
) -> None:
    judge(config, stack, judges, tried)
