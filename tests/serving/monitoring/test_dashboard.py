"""The dashboard as Grafana reads it, and the objects that a cluster gets of both."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import jsonschema
import pytest

from rehearsal.plugins.kubernetes.definitions import of_chart
from serving.monitoring.alerts import alerts
from serving.monitoring.dashboard import PANELS, dashboard
from tests.serving.test_triton_service import declared


def test_every_panel_asks_something_and_none_covers_another() -> None:
    told = json.loads(dashboard())
    panels = told["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) == len(PANELS)
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] <= place["x"] + place["w"] <= 24
        assert panel["targets"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")")
            assert target["datasource"] == {"type": "prometheus", "uid": "${source}"}
    assert [variable["name"] for variable in told["templating"]["list"]] == ["source"]
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def test_an_alert_says_what_to_do_and_has_a_name_of_its_own() -> None:
    found = alerts()
    assert len({alert.name for alert in found}) == len(found)
    assert all(len(alert.says) > 40 for alert in found)
    assert all(query in alert.expr for alert in found for query in alert.queries)


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    return declared(monitored=True)[0]


def schema_of(kind: str) -> dict[str, Any]:
    (found,) = (one for one in of_chart("kube-prometheus-stack") if one["spec"]["names"]["kind"] == kind)
    schema: dict[str, Any] = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return closed(schema)


def closed(schema: Any) -> Any:
    """The same, refusing fields that it does not name, as the API server's strict validation does."""
    if isinstance(schema, dict):
        # Go's patterns may begin in a way that Python's may not.
        inner = {key: closed(value) for key, value in schema.items() if not str(value).startswith("^(?i)")}
        keeps = "additionalProperties" in inner or inner.get("x-kubernetes-preserve-unknown-fields")
        if isinstance(inner.get("properties"), dict) and not keeps and inner.get("type") == "object":
            inner["additionalProperties"] = False
        return inner
    return [closed(one) for one in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PrometheusRule"])
def test_the_objects_are_what_their_definitions_allow(objects: dict[str, dict[str, Any]], kind: str) -> None:
    jsonschema.validate(objects[kind]["spec"], schema_of(kind)["properties"]["spec"])


def test_what_is_monitored_is_the_service_by_ports_that_it_has(objects: dict[str, dict[str, Any]]) -> None:
    monitor, service = objects["ServiceMonitor"]["spec"], objects["Service"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    named = {port["name"] for port in service["spec"]["ports"]}
    assert {endpoint["port"] for endpoint in monitor["endpoints"]} <= named
    (text,) = objects["ConfigMap"]["data"].values()
    assert json.loads(text)["title"] == "isthmus serving"
    assert "ServiceMonitor" not in declared()[0]
