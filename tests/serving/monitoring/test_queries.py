"""Every query of alerts and dashboard, by the real Prometheus over the real tritonserver and a front."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from tritonclient.grpc import InferenceServerClient, InferInput
from tritonclient.utils import InferenceServerException

from isthmus_client import Recommender, ServerRefused
from rehearsal.programs.errors import ProgramError
from rehearsal.prometheus.provide import provide
from rehearsal.prometheus.server import Prometheus, Target
from serving.components.scaling import WINDOW
from serving.local.server import LocalServer
from serving.monitoring import queries as q
from serving.monitoring.alerts import alerts, rule_groups
from serving.monitoring.canary import CANARY, HASH, STABLE, measures
from serving.monitoring.dashboard import PANELS
from tests.serving.front.fronts import front_of

pytestmark = pytest.mark.monitoring

SECONDS = 12
"""A rate needs two looks, a second apart; some more, so that a slow machine has them too."""
NOT_HERE = "no GPU is in this machine, and Triton's metrics of GPUs come from its driver (NVML)"
QUERIES = [
    *((alert.name, query, alert.needs) for alert in alerts() for query in alert.queries),
    *((panel.title, query, panel.needs) for panel in PANELS for _, query in panel.queries),
    *(
        (f"canary {each.name}", each.query.replace(CANARY, "c1").replace(STABLE, "s1"), "")
        for each in measures("serving", "triton", most_failed=0.01, most_p99_ms=100)
        # Of kube-state-metrics, which only a cluster has.
        if each.name != "restarts"
    ),
]
SCALED = {"queue": q.queued_ms(WINDOW), "requests": f"sum({q.answered(WINDOW)})"}
"""What KEDA asks (``serving.components.scaling``)."""


@pytest.fixture(scope="module")
def programs() -> dict[str, Path]:
    try:
        return provide()
    except ProgramError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def prometheus(
    programs: dict[str, Path], server: LocalServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    pod = {"service": "triton", "namespace": "serving", "pod": "triton-1", HASH: "c1"}

    def of(kind: str) -> str:
        return f"127.0.0.1:{server.ports[kind]}"  # type: ignore[index]

    with front_of(server.url("grpc")) as front:
        targets = [
            Target(of("metrics"), {**pod, "endpoint": "metrics"}),
            Target(of("proxy-metrics"), {**pod, "endpoint": "proxy-metrics"}, "/stats/prometheus"),
            Target(f"127.0.0.1:{front.base_url.port}", {"service": "front", "pod": "front-1"}),
        ]
        folder = tmp_path_factory.mktemp("prometheus")
        with (
            Prometheus(folder, targets, rules=rule_groups()) as one,
            Recommender(server.url("grpc")) as asker,
        ):
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                asker.recommend("nobody")
                with pytest.raises(ServerRefused):
                    asker.recommend("nobody", 2**31 - 1, only_new=None)  # type: ignore[arg-type]
                assert front.post("/v1/recommendations", json={"customer": "nobody"}).status_code == 200
                time.sleep(0.05)
            yield one


@pytest.mark.parametrize(
    ("where", "query", "needs"), QUERIES, ids=[f"{n}-{w}" for n, (w, *_) in enumerate(QUERIES)]
)
def test_it_has_a_value(prometheus: Prometheus, where: str, query: str, needs: str) -> None:
    found = prometheus.query(query)  # also what has none must be a query
    if needs == "GPU" and not found:
        pytest.skip(NOT_HERE)
    assert found, f"{where}: {query}"
    assert all(math.isfinite(float(one["value"][1])) for one in found), found


@pytest.mark.parametrize("query", SCALED.values(), ids=SCALED)
def test_what_scales_the_servers_is_one_number_and_none_where_none_is_seen(
    prometheus: Prometheus, query: str
) -> None:
    """KEDA takes a query of one element, and falls back where there is none."""
    (found,) = prometheus.query(q.while_seen(query))
    assert math.isfinite(float(found["value"][1]))
    assert found["metric"] == {}
    gone = q.while_seen(query).replace('service="triton"', 'service="gone"')
    assert prometheus.query(gone) == []


def test_what_is_asked_shows_in_the_values(prometheus: Prometheus) -> None:
    by_title = {panel.title: panel for panel in PANELS}
    (asked,) = prometheus.query(by_title["Questions a second, by release"].queries[0][1])
    assert float(asked["value"][1]) > 0
    p50, p95, p99 = (
        float(prometheus.query(query)[0]["value"][1]) for _, query in by_title["Time of an answer"].queries
    )
    assert 0 < p50 <= p95 <= p99
    (releases,) = prometheus.query(dict(by_title["Servers"].queries)["releases"])
    assert releases["value"][1] == "1"


def test_prometheus_takes_the_rules_and_none_fires(prometheus: Prometheus) -> None:
    rules = prometheus.rules()
    assert {rule["name"] for rule in rules} == {alert.name for alert in alerts()}
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


def test_promtool_finds_nothing_to_say(programs: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": rule_groups()}))
    done = subprocess.run(
        [programs["promtool"], "check", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_canary_is_measured_by_its_own_servers_alone(prometheus: Prometheus, server: LocalServer) -> None:
    """Questions that fail are the canary's here, and no other server has any."""
    above, slow, _ = measures("serving", "triton", most_failed=0.01, most_p99_ms=100)
    inputs = [
        InferInput("customer", [1, 1], "BYTES"),
        InferInput("k", [1, 1], "INT32"),
        InferInput("only_new", [1, 1], "BOOL"),
    ]
    for tensor, value_of in zip(
        inputs, (np.array([[b"x"]], object), np.array([[0]], np.int32), np.array([[False]])), strict=True
    ):
        tensor.set_data_from_numpy(value_of)
    with InferenceServerClient(server.url("grpc").removeprefix("grpc://")) as client:
        for _ in range(30):
            with pytest.raises(InferenceServerException, match="k is 0"):
                client.infer("recommend", inputs)
            time.sleep(0.1)
    time.sleep(3)

    def value(query: str, canary: str, stable: str) -> float:
        (one,) = prometheus.query(query.replace(CANARY, canary).replace(STABLE, stable))
        return float(one["value"][1])

    assert 0.01 < value(above.query, "c1", "s1") < 0.99
    assert value(above.query, "c1", "c1") == 0
    assert math.isnan(value(above.query, "s1", "c1"))
    assert 0 < value(slow.query, "c1", "s1") < 10_000
    assert prometheus.query(slow.query.replace(CANARY, "s1")) == []
