"""Queries that alerts and dashboard share, over the metrics of Triton, of Envoy before it, and of fronts.

Labels are those that a ServiceMonitor gives: ``service`` is the Service's name, ``pod`` the pod's.
"""

from __future__ import annotations

from typing import Final

RECOMMEND: Final = 'service="triton",model="recommend"'
"""Whole questions; Triton counts them under the release's own version (``serving.repository``)."""
THROUGH_ENVOY: Final = 'service="triton",envoy_cluster_name=~"grpc|http"'
"""Questions as callers of Triton wait for them."""
BY_GRPC: Final = 'service="triton",envoy_cluster_name="grpc"'
"""Those of them by gRPC."""
WAITED_MS: Final = 100
"""An answer that takes longer counts as slow."""
FRONT_WAITED_S: Final = 0.2
"""The same at a front, which may have asked a second site."""


def answered(window: str) -> str:
    """Questions a second that were answered, by pod and release."""
    return f"rate(nv_inference_request_success{{{RECOMMEND}}}[{window}])"


def failed(window: str, of: str = "") -> str:
    """Share of the questions that got no answer, by Triton or Envoy, or none in time; wrong ones, too.

    ``of``: labels of some servers, ``pod="a"``; empty: of all.

    Triton counts what it gives up, but no error that its python backend answers with; Envoy counts these by
    the status of gRPC. By HTTP the kubelet asks Envoy, too, and is told 503 while a server starts: those are
    no questions, so of HTTP Triton's own count alone is taken.
    """
    of_triton, of_envoy = (",".join(filter(None, (labels, of))) for labels in (RECOMMEND, BY_GRPC))
    bad = " + ".join(
        f"(sum(rate({series}[{window}])) or vector(0))"
        for series in (
            f'nv_inference_request_failure{{{of_triton},reason!="CANCELED"}}',
            # Triton counts nothing where it does not run.
            f'envoy_cluster_upstream_rq_xx{{{of_envoy},envoy_response_code_class="5"}}',
            f"envoy_cluster_grpc_failure{{{of_envoy}}}",
            # What takes so long that its caller goes is in no histogram of times.
            f"envoy_cluster_upstream_rq_tx_reset{{{of_envoy}}}",
        )
    )
    good = f"(sum(rate(nv_inference_request_success{{{of_triton}}}[{window}])) or vector(0))"
    return f"(({bad}) / ({good} + {bad}))"


def slow(window: str) -> str:
    """Share of the questions that took longer than ``WAITED_MS``, between Envoy and Triton."""
    quick = f'envoy_cluster_upstream_rq_time_bucket{{{THROUGH_ENVOY},le="{WAITED_MS}"}}'
    every = f"envoy_cluster_upstream_rq_time_count{{{THROUGH_ENVOY}}}"
    return f"1 - sum(rate({quick}[{window}])) / sum(rate({every}[{window}]))"


def quantile(share: float, window: str = "5m") -> str:
    """Milliseconds within which this share of the questions was answered."""
    times = f"envoy_cluster_upstream_rq_time_bucket{{{THROUGH_ENVOY}}}"
    return f"histogram_quantile({share:g}, sum by (le) (rate({times}[{window}])))"


def queued_ms(window: str = "5m") -> str:
    """Milliseconds that a question waits for a model, of the model where it waits longest."""
    waited = f'rate(nv_inference_queue_duration_us{{service="triton"}}[{window}])'
    asked = f'rate(nv_inference_request_success{{service="triton"}}[{window}])'
    return f"max(sum by (model) ({waited}) / sum by (model) ({asked}) > 0 or vector(0)) / 1000"


def while_seen(query: str) -> str:
    """A query that has no value while Prometheus sees no server: else that would read as no load."""
    return f'({query}) and on () (sum(up{{service="triton",endpoint="metrics"}}) > 0)'


GPU_MEMORY: Final = (
    'max by (pod, gpu_uuid) (nv_gpu_memory_used_bytes{service="triton"}'
    ' / nv_gpu_memory_total_bytes{service="triton"})'
)
RELEASES: Final = f"count(count by (version) (rate(nv_inference_request_success{{{RECOMMEND}}}[10m]) > 0))"
"""How many releases have answered in the last ten minutes at this site."""
FRONT_SKEW: Final = "count(count by (release) (front_site_release))"
"""How many releases the sites serve, as fronts see them."""
FRONT_FALLEN_BACK: Final = (
    'sum(rate(front_answers_total{answered_from="popular"}[5m])) / sum(rate(front_answers_total[5m]))'
)
FRONT_FAILED: Final = (
    'sum(rate(front_requests_total{route="/v1/recommendations",status=~"5.."}[5m]) or vector(0))'
    ' / sum(rate(front_requests_total{route="/v1/recommendations"}[5m]))'
)
FRONT_UNSTORED_S: Final = "max(front_spool_oldest_seconds)"
"""Age of the oldest feedback that no store has, in a front's spool."""
FRONT_SLOW: Final = (
    f'1 - sum(rate(front_request_seconds_bucket{{route="/v1/recommendations",le="{FRONT_WAITED_S}"}}[5m]))'
    ' / sum(rate(front_request_seconds_count{route="/v1/recommendations"}[5m]))'
)
