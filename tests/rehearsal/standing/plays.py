"""What is played for each setting: another value than it has on the standing estate, with what that needs.

Where the models say enough, the other value comes from them: the opposite of true, another of a few choices,
the next number. The rest is here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from annotated_types import Le

from infra.settings.changes.change import NOTHING, Change, again
from infra.settings.keys import NAME, keys, values
from infra.settings.model import Sections
from isthmus.settings.fields import find, flatten

ROOT = Path(__file__).parents[3]
ADMIN = "arn:aws:iam::123456789012:role/platform"
DIGESTS = tuple(f"sha256:{digit * 64}" for digit in "12")
KEY = "35JPbxGjM4F+IUK4xJ3okqXEfcK3HiqqG+R5sypZ9LE="

EXCEPTION = {
    "rule": "k8s-image-pinned",
    "resource": "aws-triton",
    "owner": "platform@example.org",
    "reason": "the vendor names its images by month, and moves none of them",
    "expires": "2027-06-30",
}

STANDING: Mapping[str, Any] = {
    "aws.cluster.deployer": f"{ADMIN}-engineer",
    "aws.cluster.admins": [ADMIN],
    "aws.gpu_pools.serving": {"instance_type": "g5.xlarge", "max": 3, "purpose": "serving"},
    "aws.cpu_pools.data": {"instance_type": "m7i.xlarge", "max": 4},
    "openstack.gpu_pools.serving": {"flavor": "g1.l4", "min": 1, "max": 3},
    "openstack.network.dns": ["10.250.0.10"],
    "platform.runs": ["metrics_server", "load_balancers", "keda", "monitoring"],
    "training.engine": "spark",
    "training.data.job": True,
    "training.data.executors.pool": "data",
    "training.tuning.enabled": True,
    "training.retrain.enabled": True,
    "serving.sites": ["aws", "openstack"],
    "serving.release": DIGESTS[0],
    "serving.front.enabled": True,
    "serving.front.callers": [{"name": "shop", "sha256": "1" * 64}],
    "serving.front.plain_http": True,
    "budget.usd_per_month": 1000,
    "budget.alert_emails": ["platform@example.org"],
}
"""The estate that stands: the stack ``local`` with every part that a setting has something to do with."""


@dataclass(frozen=True)
class Play:
    """One change of one setting. ``value`` None takes the key out of the stack file."""

    key: str
    value: Any
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Changed with it, because the value alone would be refused."""
    expects: Change | None = None
    """What this play does, where the setting's row tells of other changes too."""
    alone: bool = False
    """Whether it leaves nothing for others to be played in the same up."""
    much: bool = False
    """Whether it takes much away or replaces it: it goes with what the others have left over."""

    @property
    def changes(self) -> dict[str, Any]:
        """All that it changes, by key."""
        return {self.key: self.value, **self.beside}

    @property
    def title(self) -> str:
        """As a test names it."""
        return f"{self.key} {self.value}"


FRIENDS = ["198.51.100.0/24"]
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-90ab-cdef-1234-567890abcdef"
TOKENS = {
    "issuer": "https://id.example.org",
    "audience": "front",
    "jwks": "https://id.example.org/.well-known/jwks.json",
}


def _other(
    key: str, *values: Any, alone: bool = False, expects: Change | None = None, **beside: Any
) -> list[Play]:
    needed = {name.replace("__", "."): value for name, value in beside.items()}
    return [Play(key, value, needed, expects, alone) for value in values]


OTHERS: Mapping[str, list[Play]] = {
    play[0].key: play
    for play in (
        _other("aws.region", "eu-central-1", aws__network__zones=["eu-central-1a", "eu-central-1b"]),
        _other("aws.account_id", "210987654321"),
        _other("aws.endpoint_url", "http://127.0.0.1:4699"),
        _other("aws.network.cidr", "10.17.0.0/16"),
        [
            *_other("aws.network.zones", ["eu-west-1b", "eu-west-1a"], expects=NOTHING),
            *_other(
                "aws.network.zones", ["eu-west-1a", "eu-west-1b", "eu-west-1c"], ["eu-west-1c", "eu-west-1a"]
            ),
        ],
        _other("aws.cluster.service_cidr", "192.168.128.0/20"),
        [
            *_other("aws.cluster.deployer", f"{ADMIN}-deployer", expects=again("access entries", warns=True)),
            *_other("aws.cluster.deployer", None),
        ],
        _other("aws.cluster.kubernetes_version", "1.36", expects=NOTHING),
        _other("aws.cluster.viewers", [f"{ADMIN}-viewer"]),
        _other("aws.cluster.admins", [f"{ADMIN}-2", ADMIN], [], [f"{ADMIN}-2"]),
        _other("aws.cluster.api_allowed_cidrs", ["198.51.100.0/24"]),
        _other("aws.cluster.system_nodes.instance_type", "m7i.xlarge"),
        _other("aws.gpu_pools", {"training": None}, {"more": {"instance_type": "g5.xlarge", "max": 1}}),
        _other("aws.gpu_pools.NAME.instance_type", "g5.2xlarge"),
        _other("aws.gpu_pools.NAME.capacity", "spot", "on_demand"),
        _other("aws.cpu_pools", {"more": {"instance_type": "m7i.large", "max": 1}}),
        _other("aws.cpu_pools.NAME.instance_type", "m7i.2xlarge"),
        [
            *_other("aws.cpu_pools.NAME.capacity", "spot_with_fallback"),
            *_other("aws.cpu_pools.NAME.capacity", "on_demand", expects=again("node groups in AWS")),
        ],
        _other("aws.object_store.arrivals_days", 399),
        _other("aws.object_store.superseded_days", 89),
        _other("aws.object_store.logs_days", 364),
        _other("aws.object_store.releases_locked_days", 30, aws__object_store__keep_objects=True),
        _other("aws.log_retention_days", 5),
        _other("openstack.auth_url", "http://127.0.0.1:4699/v3"),
        _other("openstack.region", "elsewhere"),
        _other("openstack.external_network", "outside", alone=True),
        _other("openstack.network.cidr", "10.21.0.0/20", alone=True),
        _other("openstack.network.dns", ["10.250.0.11", "10.250.0.10"], []),
        _other("openstack.object_store_url", "http://127.0.0.1:4698"),
        _other("openstack.object_store_region", "RegionOne"),
        _other("openstack.cluster.image", "ubuntu-noble-kube-v1.36.4"),
        _other("openstack.cluster.master_flavor", "m1.large"),
        _other("openstack.cluster.node_flavor", "m1.xlarge"),
        _other("openstack.cluster.floating_api", True, openstack__cluster__api_allowed_cidrs=FRIENDS),
        _other("openstack.cluster.api_allowed_cidrs", FRIENDS, openstack__cluster__floating_api=True),
        _other("openstack.cluster.oidc_issuer", "https://other.rehearsal.example"),
        _other("openstack.gpu_pools", {"more": {"flavor": "g1.t4", "max": 1}}),
        _other("openstack.gpu_pools.NAME.min", 2),
        _other("openstack.gpu_pools.NAME.flavor", "g1.a100"),
        _other("openstack.keys_secret", "other-keys"),
        _other("openstack.throw_away_keys.pseudonym_key", "b3RoZXIgcHNldWRvbnltcyBvZiBhIHJlaGVhcnNhbCE="),
        _other("openstack.throw_away_keys.signing_key", "b3RoZXIgcmVoZWFyc2FsLCBub3QgYSBzZWNyZXQhISE="),
        _other("openstack.throw_away_keys.orders_access_key_id", "another"),
        _other("openstack.throw_away_keys.orders_secret_access_key", "another"),
        _other("link.servers.image", "ubuntu-24.04"),
        _other("link.servers.flavor", "m1.large"),
        _other("link.alarm_topics", ["arn:aws:sns:eu-west-1:123456789012:on-call"]),
        _other("link.asn", 65020),
        _other("link.aws_asn", 64513),
        _other(
            "link.inside_cidrs", ["169.254.61.0/30", "169.254.61.4/30", "169.254.61.8/30", "169.254.61.12/30"]
        ),
        _other("link.key_generations", [1, 1, 1, 1]),
        _other("link.ike.lifetime_seconds", 14400),
        _other("link.esp.lifetime_seconds", 1800),
        *(
            _other(f"orders.columns.{column}", f"The {column}")
            for column in [
                "invoice",
                "product",
                "description",
                "quantity",
                "time",
                "date",
                "price",
                "customer",
                "country",
            ]
        ),
        _other("orders.limits.day.missing_customers", 0.9),
        _other("orders.dates", ["%d/%m/%Y %H:%M"]),
        _other("orders.time_zone", "Europe/London"),
        _other("orders.decimal", ","),
        _other("orders.thousands", "'"),
        _other("orders.delimiter", ";"),
        _other("orders.quote", "'"),
        _other("orders.encoding", "latin-1"),
        _other("orders.product_code", "[A-Z]{2}-[0-9]{4}"),
        _other("orders.not_products", ["POST"]),
        _other("orders.cancellation", "X"),
        _other("orders.missing_customer", ["NULL"]),
        _other("orders.private", ["Email"]),
        _other("orders.currency", "EUR"),
        _other("orders.home_country", "France"),
        _other("training.pool", "training"),
        _other("training.orders_url", "s3://shop-orders/another/"),
        _other("training.orders_version", "another"),
        _other("training.window.first_day", "2011-09-01"),
        _other("training.window.last_day", "2011-12-01"),
        _other("training.learning_rate", 0.002),
        _other("training.index_recall", 0.9),
        _other("training.embedding_dim", 64),
        _other("training.model.heads", 8),
        _other("training.model.pretrain_epochs", 1, training__model__history="transformer"),
        _other(
            "training.model.adapter_rank",
            4,
            training__model__history="transformer",
            training__model__pretrain_epochs=1,
        ),
        _other("training.model.masked_share", 0.3),
        _other("training.base_port", 4720),
        _other("training.elastic_min_workers", 1),
        _other("training.data.job", False, training__engine="embedded"),
        _other("training.data.schedule", "45 3 * * 0"),
        _other("training.data.executors.pool", None, training__data__executors__cpus=1),
        _other("training.tuning.storage_url", "postgresql+psycopg://database/trials"),
        _other("training.retrain.schedule", "0 5 * * 0"),
        _other("training.retrain.train_schedule", "0 6 * * 0"),
        _other("training.retrain.follow_schedule", "*/20 * * * *"),
        _other("training.transfer.bytes_per_second", 1000000),
        _other("training.tuning.held_back_days", 5),
        [
            *_other("serving.sites", ["openstack", "aws"], expects=NOTHING),
            *_other("serving.sites", ["aws"]),
        ],
        _other("serving.release", DIGESTS[1]),
        _other("serving.pool", "serving"),
        _other("serving.trusted_keys", [KEY]),
        _other("serving.autoscaling.requests_per_second", 100.0),
        _other("serving.autoscaling.schedules", [{"start": "0 6 * * *", "end": "0 20 * * *", "replicas": 2}]),
        _other("serving.autoscaling.without_metrics", 2),
        _other(
            "platform.runs",
            ["metrics_server", "load_balancers"],
            ["metrics_server", "load_balancers", "keda", "monitoring", "gpus"],
        ),
        _other("images.training", DIGESTS[0]),
        _other("images.training_gpu", DIGESTS[0], training__pool="training"),
        _other("images.training_spark", DIGESTS[0]),
        _other("images.serving", DIGESTS[0]),
        _other("images.front", DIGESTS[0]),
        _other("serving.front.callers", [{"name": "app", "sha256": "2" * 64}]),
        _other("serving.front.tokens", TOKENS),
        _other("serving.front.guard", [{"name": "recalled", "reason": "by its maker", "deny": ["23344"]}]),
        _other("serving.front.feedback", False),
        _other("serving.front.from_cidrs", FRIENDS),
        _other("serving.front.certificates.aws", CERTIFICATE),
        _other("serving.front.certificates.openstack", "https://keys.example.org/v1/containers/1"),
        _other(
            "serving.front.plain_http",
            False,
            serving__front__certificates__aws=CERTIFICATE,
            serving__front__certificates__openstack="https://keys.example.org/v1/containers/1",
        ),
        _other("budget.usd_per_month", 2000),
        _other(
            "budget.alert_emails", ["finance@example.org"], ["finance@example.org", "platform@example.org"]
        ),
        _other("budget.alert_percent", [50, 80, 100], [100]),
        _other("budget.components", {"link": 100.0}),
        _other("cost.usage.spot_share", 0.5),
        _other("cost.price_book.flavour_hour", {"m1.large": 0.1}),
        _other("cost.price_book.gpu_hour", {"L4": 0.4}),
        _other("cost.price_book.volume_gb_month", 0.05),
        _other("cost.price_book.object_gb_month", 0.02),
        _other("cost.price_book.floating_ip_hour", 0.004),
        _other("cost.price_book.load_balancer_hour", 0.02),
        _other("deploy.from_cidrs", ["198.51.100.0/24"]),
        _other("policy.exceptions", [EXCEPTION]),
    )
}

POOL = {"aws.gpu_pools": "training", "aws.cpu_pools": "data", "openstack.gpu_pools": "serving"}
"""The pool that is played for NAME."""
MUCH = {
    "aws.network.cidr",
    "aws.cluster.service_cidr",
    "aws.cluster.deployer",
    "openstack.cluster.oidc_issuer",
    "training.enabled",
    "serving.enabled",
    "serving.sites",
    "link.enabled",
    "link.gateway",
    "link.private_gateway",
}
"""These take away or replace what others change."""
NOT_HERE = {
    "openstack.throw_away_keys": "only stack local may have it, and a rehearsal has no Barbican secret to "
    "put there",
    "openstack.keys_secret": "is not read where throw_away_keys are",
    **dict.fromkeys(
        ("openstack.cluster.driver", "openstack.cluster.pod_cidr", "openstack.cluster.service_cidr"),
        "is another with a driver that the rehearsal's Magnum does not have",
    ),
    "link.ike.version": "has one value",
    "protection.protect": "lets nothing else be replaced; rehearsal/drills/destroyed.py plays it",
    "openstack.network.data_cidrs": "the clouds of a rehearsal are no part of its networks; "
    "tests/infra/test_data_through_link.py plays it",
    "openstack.cluster.network_driver": "Magnum allows calico alone until its operator adds cilium "
    "(conf/cluster_templates.py, kubernetes_allowed_network_drivers)",
    **dict.fromkeys(
        (
            "deploy.trail",
            "deploy.cost_tags",
            "deploy.ci",
            *(f"deploy.ci.{name}" for name in ("kind", "issuer", "repository", "branch")),
        ),
        "is read by the bootstrap of a cloud's account alone",
    ),
    **dict.fromkeys(
        (f"serving.front.tokens.{name}" for name in ("issuer", "audience", "jwks")),
        "goes with serving.front.tokens, which is played",
    ),
    **dict.fromkeys(
        (
            "serving.rollout.strategy",
            "serving.rollout.steps",
            *(f"serving.rollout.limits.{name}" for name in ("failed", "p99_ms", "overlap")),
            "serving.rollout.customers",
        ),
        "is judged by Argo Rollouts, whose controller no rehearsal runs by itself; make canary plays it",
    ),
    "link.gateway_address": "is read with Neutron VPNaaS alone",
}
"""What cannot be played on this estate, and why."""


def plays() -> Iterator[Play]:
    """Every play of every setting, in the order of the models."""
    standing = config()
    for key in keys():
        if key in NOT_HERE:
            continue
        for play in OTHERS.get(key) or [_derived(key, standing)]:
            named = _named(play.key)
            yield replace(play, key=named, much=key in MUCH and play.expects is None)


def _named(key: str) -> str:
    return next((key.replace(NAME, name) for pools, name in POOL.items() if key.startswith(pools)), key)


def _derived(key: str, standing: Mapping[str, Any]) -> Play:
    path = _named(key)
    found = find(Sections, tuple(path.split(".")))
    assert found is not None, key
    annotation, metadata = flatten(*found)
    now = get(standing, path)
    if annotation is bool:
        return Play(key, not now)
    if get_origin(annotation) is Literal:
        return Play(key, next(choice for choice in get_args(annotation) if choice != now))
    if annotation in (int, float):
        most = next((mark.le for mark in metadata if isinstance(mark, Le)), None)
        further = now + 1 if annotation is int else now + 0.25
        return Play(key, now - 1 if most is not None and further > most else further)
    raise AssertionError(
        f"{key} has no play: add a line with another value to OTHERS in {Path(__file__).relative_to(ROOT)}"
    )


def config(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The settings of the standing estate by section, with changes by key over them."""
    file = yaml.safe_load((ROOT / "stacks" / "Pulumi.local.yaml").read_text())
    sections = {key.removeprefix("isthmus:"): value for key, value in file["config"].items()}
    for key, value in {**STANDING, **(changes or {})}.items():
        put(sections, key, copy.deepcopy(value))
    return sections


def put(sections: dict[str, Any], key: str, value: Any) -> None:
    """Set a key; None takes it out, and a mapping goes over what is there, name by name."""
    _put(sections, key.split("."), value)


def _put(sections: dict[str, Any], keys: list[str], value: Any) -> None:
    *path, last = keys
    at = sections
    for part in path:
        at = at.setdefault(part, {})
    if value is None:
        at.pop(last, None)
    elif isinstance(value, dict) and isinstance(at.get(last), dict):
        for name, each in value.items():
            _put(at[last], [name], each)
    else:
        at[last] = value


def get(sections: Mapping[str, Any], key: str) -> Any:
    """What a key holds on the standing estate: what the file says, else the default."""
    return values(Sections.model_validate_json(json.dumps(sections)))[key]
