"""What stands before Triton: Envoy, which reads a question whole and refuses one that is too large.

Triton bounds no gRPC request, its HTTP server reads a request whole before it looks at it, and versions
before 2.58 follow nested JSON down until their stack ends, which kills the server (triton-inference-server/
server #8172). So nothing reaches Triton but through here: requests of at most ``MAX_REQUEST_BYTES``, each by
the protocol of its port.

The configuration is Envoy's own (envoy.config.bootstrap.v3.Bootstrap), given on the command line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from serving.server.ports import GRPC, HTTP, INSIDE, PORTS

MAX_REQUEST_BYTES = 64 * 1024
"""Limit of one question, by HTTP or gRPC: 64 customers with names of a kilobyte fit."""
RECEIVE_S = 30
"""Seconds until a question has come whole."""
ANSWER_S = 120
"""Seconds until Triton has answered; a client gives up earlier."""
IDLE_S = 1
"""Seconds an unused connection to Triton stays: one that ends waits for all of them."""
CONNECTION_S = 4
"""Seconds until a caller's connection is given up, after the answers that are under way: the next goes to any
pod of the Service. So all of a pod's callers have left it in the seconds between the Service and its end
(``serving.components.pod.Timing.unlisted``), and those of few pods go on to pods that are new."""
CONNECTIONS = 10_000
THREADS = 2

_TYPE = "type.googleapis.com/envoy.extensions."


def envoy_args(ports: Mapping[str, int] = PORTS, inside: Mapping[str, int] = INSIDE) -> list[str]:
    """Envoy's arguments; ``$(POD_IP)`` is for Kubernetes to fill in.

    Args:
        ports: where it listens, by name.
        inside: where Triton listens, at the same address.
    """
    return [
        "--config-yaml",
        # JSON is YAML too, and holds no line breaks.
        json.dumps(_bootstrap(ports, inside)),
        "--concurrency",
        str(THREADS),
        "--log-level",
        "warning",
        "--disable-hot-restart",
    ]


def _bootstrap(ports: Mapping[str, int], inside: Mapping[str, int]) -> dict[str, Any]:
    # Envoy's own door ends it for whoever asks: a socket without a place in any file system, of this pod's
    # network alone, and named by what no two servers of one machine share.
    door = {"pipe": {"path": f"@isthmus-envoy-$(POD_IP)-{ports['http']}"}}
    return {
        "admin": {"address": door},
        "static_resources": {
            "listeners": [*(_listener(kind, ports) for kind in ("http", "grpc")), _metrics(ports)],
            "clusters": [
                *(_triton(kind, inside[kind]) for kind in ("http", "grpc")),
                {"name": "admin", "type": "STATIC", "load_assignment": _assigned("admin", door)},
            ],
        },
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": _TYPE + "resource_monitors.downstream_connections.v3"
                        ".DownstreamConnectionsConfig",
                        "max_active_downstream_connections": CONNECTIONS,
                    },
                }
            ]
        },
    }


def _listener(kind: str, ports: Mapping[str, int]) -> dict[str, Any]:
    manager = {
        "@type": _TYPE + "filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": kind,
        "request_timeout": f"{RECEIVE_S}s",
        "common_http_protocol_options": {"max_connection_duration": f"{CONNECTION_S}s"},
        # By HTTP/1 an answer says that it is the last; none is cut off between two questions.
        "http1_safe_max_connection_duration": True,
        "drain_timeout": "0.5s",
        "route_config": {"virtual_hosts": [{"name": kind, "domains": ["*"], "routes": _routes(kind)}]},
        "local_reply_config": _own_words(),
        "http_filters": [
            {
                "name": "envoy.filters.http.buffer",
                "typed_config": {
                    "@type": _TYPE + "filters.http.buffer.v3.Buffer",
                    "max_request_bytes": MAX_REQUEST_BYTES,
                },
            },
            # JSON alone: by gRPC, Triton compares shape and data first.
            *([_shapes()] if kind == "http" else [_GRPC_STATS]),
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": _TYPE + "filters.http.router.v3.Router"},
            },
        ],
    }
    return {
        "name": kind,
        "address": _address(ports[kind]),
        "per_connection_buffer_limit_bytes": 2 * MAX_REQUEST_BYTES,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


_GRPC_STATS: Final[Mapping[str, Any]] = {
    # By gRPC an error is an answer like any other, whose status stands behind it. Triton counts nothing as
    # failed that its python backend answers with an error.
    "name": "envoy.filters.http.grpc_stats",
    "typed_config": {"@type": _TYPE + "filters.http.grpc_stats.v3.FilterConfig"},
}


def _shapes() -> dict[str, Any]:
    code = Path(__file__).with_name("shapes.lua").read_text()
    return {
        "name": "envoy.filters.http.lua",
        "typed_config": {
            "@type": _TYPE + "filters.http.lua.v3.Lua",
            "default_source_code": {"inline_string": code},
        },
    }


def _metrics(ports: Mapping[str, int]) -> dict[str, Any]:
    """What Prometheus may ask, and nothing else of Envoy's own door."""
    only = {"match": {"path": "/stats/prometheus"}, "route": {"cluster": "admin"}}
    manager = {
        "@type": _TYPE + "filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "metrics",
        "route_config": {"virtual_hosts": [{"name": "metrics", "domains": ["*"], "routes": [only]}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": _TYPE + "filters.http.router.v3.Router"},
            }
        ],
    }
    return {
        "name": "metrics",
        "address": _address(ports["proxy-metrics"]),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _routes(kind: str) -> list[dict[str, Any]]:
    """The way to Triton; a caller with the other protocol gets an error that says so."""
    grpc: dict[str, Any] = {"prefix": "/", "grpc": {}}
    every: dict[str, Any] = {"prefix": "/"}
    triton = {"cluster": kind, "timeout": f"{ANSWER_S}s"}
    if kind == "grpc":
        other = f"this port speaks gRPC; Triton's HTTP is at port {HTTP}"
        return [
            {"match": grpc, "route": triton},
            {"match": every, "direct_response": {"status": 400, "body": {"inline_string": other}}},
        ]
    other = f"this port speaks HTTP; Triton's gRPC is at port {GRPC}"
    # 404 becomes UNIMPLEMENTED, gRPC's word for a method that is not there.
    return [
        {"match": grpc, "direct_response": {"status": 404, "body": {"inline_string": other}}},
        {"match": every, "route": triton},
    ]


def _own_words() -> dict[str, Any]:
    """What Envoy answers itself, in the form of Triton's own refusals."""
    sentence = (
        f"the request is larger than {MAX_REQUEST_BYTES} bytes; ask for fewer customers in one question"
    )
    too_large = {"comparison": {"op": "EQ", "value": {"default_value": 413, "runtime_key": "unused"}}}
    by_grpc = {
        "header_filter": {"header": {"name": "content-type", "string_match": {"prefix": "application/grpc"}}}
    }
    body = {"body": {"inline_string": sentence}}
    return {
        "mappers": [
            {
                "filter": {"and_filter": {"filters": [{"status_code_filter": too_large}, by_grpc]}},
                **body,
                "body_format_override": {"text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"}},
                # RESOURCE_EXHAUSTED, as a gRPC server says of a message that is too large.
                "headers_to_add": [{"header": {"key": "grpc-status", "value": "8"}}],
            },
            {
                "filter": by_grpc,
                "body_format_override": {"text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"}},
            },
            {"filter": {"status_code_filter": too_large}, **body},
        ],
        "body_format": {"json_format": {"error": "%LOCAL_REPLY_BODY%"}},
    }


def _triton(kind: str, port: int) -> dict[str, Any]:
    options = _TYPE + "upstreams.http.v3.HttpProtocolOptions"
    protocol = "http2_protocol_options" if kind == "grpc" else "http_protocol_options"
    return {
        "name": kind,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {protocol: {}},
                "common_http_protocol_options": {"idle_timeout": f"{IDLE_S}s"},
            }
        },
        "load_assignment": _assigned(kind, _address(port)),
    }


def _assigned(cluster: str, address: dict[str, Any]) -> dict[str, Any]:
    return {"cluster_name": cluster, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "$(POD_IP)", "port_value": port}}
