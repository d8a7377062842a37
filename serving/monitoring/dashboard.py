"""The dashboard of serving, as Grafana reads it from a ConfigMap."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from serving.monitoring import queries as q

TITLE: Final = "isthmus serving"
UID: Final = "isthmus-serving"
_COLUMNS: Final = 24
_WIDTH, _HEIGHT = 8, 7
_SCHEMA: Final = 41
"""Of Grafana 12 (grafana/grafana, packages/grafana-schema, ``schemaVersion``)."""


@dataclass(frozen=True)
class Panel:
    """A graph; ``queries`` are (what the legend says, expression)."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    says: str = ""
    needs: Literal["", "GPU", "front"] = ""


def _by_model(name: str, window: str = "5m") -> str:
    """Milliseconds a question, by model, of one of Triton's sums of microseconds."""
    of = f'{{service="triton"}}[{window}]'
    # A model that nobody asks has no time.
    asked = f"(sum by (model) (rate(nv_inference_request_success{of})) > 0)"
    return f"sum by (model) (rate({name}{of})) / {asked} / 1000"


PANELS: Final[tuple[Panel, ...]] = (
    Panel(
        "Questions a second, by release",
        "reqps",
        (("{{version}}", f"sum by (version) ({q.answered('5m')})"),),
        "Versions are the first 32 bits of a release's digest.",
    ),
    Panel("Not answered", "percentunit", (("failed", q.failed("5m")), ("slow", q.slow("5m")))),
    Panel(
        "Time of an answer",
        "ms",
        tuple((f"p{share * 100:g}", q.quantile(share)) for share in (0.5, 0.95, 0.99)),
        "Between Envoy and Triton.",
    ),
    Panel("Waiting for a model", "ms", (("{{model}}", _by_model("nv_inference_queue_duration_us")),)),
    Panel("Computing", "ms", (("{{model}}", _by_model("nv_inference_compute_infer_duration_us")),)),
    Panel(
        "Questions in one batch",
        "short",
        (
            (
                "{{model}}",
                'sum by (model) (rate(nv_inference_count{service="triton"}[5m]))'
                ' / (sum by (model) (rate(nv_inference_exec_count{service="triton"}[5m])) > 0)',
            ),
        ),
    ),
    Panel(
        "Waiting now",
        "short",
        (("{{pod}}", 'sum by (pod) (nv_inference_pending_request_count{service="triton"})'),),
    ),
    Panel(
        "Servers", "short", (("up", 'sum(up{service="triton",endpoint="metrics"})'), ("releases", q.RELEASES))
    ),
    Panel(
        "Connections",
        "short",
        (("{{pod}}", 'sum by (pod) (envoy_http_downstream_cx_active{service="triton"})'),),
    ),
    Panel("GPU memory", "percentunit", (("{{pod}} {{gpu_uuid}}", q.GPU_MEMORY),), needs="GPU"),
    Panel(
        "GPU use",
        "percentunit",
        (("{{pod}} {{gpu_uuid}}", 'max by (pod, gpu_uuid) (nv_gpu_utilization{service="triton"})'),),
        needs="GPU",
    ),
    Panel(
        "Front: answers from",
        "reqps",
        (("{{answered_from}}", "sum by (answered_from) (rate(front_answers_total[5m]))"),),
        needs="front",
    ),
    Panel(
        "Front: failed, slow, fallen back",
        "percentunit",
        (("failed", q.FRONT_FAILED), ("slow", q.FRONT_SLOW), ("fell back", q.FRONT_FALLEN_BACK)),
        needs="front",
    ),
    Panel(
        "Front: second tries a second",
        "reqps",
        (
            ("hedged", "sum(rate(front_hedged_total[5m]))"),
            ("not asked, too many wait", "sum(rate(front_shed_total[5m]))"),
            ("failed at {{site}}", "sum by (site) (rate(front_site_failures_total[5m]))"),
        ),
        needs="front",
    ),
    Panel(
        "Front: feedback a second",
        "cps",
        (("{{event}}", "sum by (event) (rate(front_feedback_events_total[5m]))"),),
        needs="front",
    ),
    Panel(
        "Front: feedback that waits for its store",
        "s",
        (("oldest", q.FRONT_UNSTORED_S),),
        needs="front",
    ),
    Panel(
        "Front: sites left alone, releases",
        "short",
        (
            ("{{site}} left alone", "max by (site) (front_site_open)"),
            ("{{site}} {{release}}", "max by (site, release) (front_site_release)"),
        ),
        needs="front",
    ),
)


def dashboard(panels: Iterable[Panel] = PANELS) -> str:
    """The dashboard's JSON."""
    made = []
    for number, panel in enumerate(panels):
        across = _COLUMNS // _WIDTH
        place = {"x": number % across * _WIDTH, "y": number // across * _HEIGHT, "w": _WIDTH, "h": _HEIGHT}
        made.append(_panel(number + 1, panel, place))
    whole: dict[str, Any] = {
        "uid": UID,
        "title": TITLE,
        "tags": ["isthmus"],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "utc",
        "panels": made,
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
    }
    return json.dumps(whole, indent=1, sort_keys=True)


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": source, "expr": expr, "legendFormat": legend}
            for index, (legend, expr) in enumerate(panel.queries)
        ],
    }


__all__ = ["PANELS", "Panel", "dashboard"]
