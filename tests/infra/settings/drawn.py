"""Random settings, derived from the models: whatever a section may say, also fields that come tomorrow.

A field is drawn by its type, bounds and pattern. What stands in no type (which networks are disjoint, which
zones a region has, which pool there is) is drawn so that it often fits; what then does not fit is taken out
where the check says so (``mended``), so that a rule between settings needs no line here.
"""

from __future__ import annotations

import copy
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel

from infra.settings import SettingsError
from infra.settings.aws import LOG_RETENTION_DAYS, SystemNodes
from infra.settings.catalogue import flavours, instance_types, offers, zones
from infra.settings.checking import check
from infra.settings.drivers import DRIVERS
from infra.settings.model import Sections, Settings
from infra.settings.stack_file import read_stack_file
from isthmus.settings.fields import flatten

GOOD = dict(read_stack_file(Path(__file__).parent / "good.yaml", "good.yaml").config)
KEY = "7RyPUTR4u6AGZ3VfgySZ4vP33277IT8MmKTGcMGZs7A="
OTHER_KEY = "MjpmG4gh697AdfVXiKtIlvemHsAAOHkI53lV6bLXeDc="
POOLS = ("training", "serving", "serving-spot", "a", "x-on-demand", "x" * 32)

Drawn = st.SearchStrategy[Any]


def _machines(with_gpus: bool, known: Mapping[str, Any]) -> Drawn:
    return st.sampled_from([name for name, machine in known.items() if bool(machine.gpus) == with_gpus])


def _with_gpus(region: str) -> list[str]:
    """The GPU types that a region offers: the good file has pools, and some regions have none."""
    return [name for name, machine in instance_types().items() if machine.gpus and offers(region, name)]


def _hosts() -> Drawn:
    return st.sampled_from(
        ["db.example.org", "a-1.b.example", "10.36.0.9", "[2001:db8::1]", "x" * 63 + ".example.org"]
    )


def _urls(scheme: str) -> Drawn:
    tails = st.sampled_from(["", "/", "/v3", ":5000/v3", ":1/a%20b/~c", ":65535"])
    return st.builds(lambda host, tail: f"{scheme}://{host}{tail}", _hosts(), tails)


def _field_of_cron(low: int, high: int) -> Drawn:
    number = st.integers(low, high).map(str)
    spans = (
        st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted).map(lambda p: f"{p[0]}-{p[1]}")
    )
    steps = st.builds(lambda base, step: f"{base}/{step}", st.just("*") | spans | number, st.integers(1, 100))
    return st.just("*") | st.lists(number | spans | steps, min_size=1, max_size=3).map(",".join)


CRON = st.tuples(*(_field_of_cron(*b) for b in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6)))).map(" ".join)
PUBLIC = st.sampled_from(["203.0.113.10", "8.8.8.8", "198.51.100.255", "9.255.255.255", "11.0.0.0"])
NAMES = st.sampled_from(POOLS) | st.from_regex(r"[a-z]([-a-z0-9]{0,30}[a-z0-9])?", fullmatch=True)
ROLES = st.builds(
    lambda account, kind, name: f"arn:aws:iam::{account}:{kind}/{name}",
    st.from_regex("[0-9]{12}", fullmatch=True),
    st.sampled_from(["role", "user"]),
    st.from_regex(r"([A-Za-z0-9_+=,.@-]{1,9}/){0,2}[A-Za-z0-9_+=,.@-]{1,64}", fullmatch=True),
)
EMAILS = st.sampled_from(
    ["a@example.org", "b+c@x.example", "on-call@sub.example.org", f"{'l' * 64}@example.org"]
)

EXCEPTIONS = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(["aws-s3-keeps-objects", "k8s-image-pinned"]),
        "resource": st.sampled_from(["*", "isthmus-dev-*", "aws-triton"]),
        "owner": EMAILS,
        "reason": st.lists(
            # Words: a long text without a space may look like a key drawn at random, and is refused.
            st.text(string.ascii_letters + "é世.,", min_size=2, max_size=8),
            min_size=7,
            max_size=8,
        ).map(" ".join),
        "expires": st.dates().map(str),
    }
)

RULES = st.fixed_dictionaries(
    {
        "name": st.from_regex("[a-z]{1,8}", fullmatch=True),
        "reason": st.just("recalled by its maker"),
        "deny": st.lists(
            st.from_regex("[0-9]{5}[A-Z]?", fullmatch=True), min_size=1, max_size=3, unique=True
        ),
    }
)

BY_PATH: dict[str, Drawn] = {
    "serving.front.guard[0]": RULES,
    **dict.fromkeys(
        (f"serving.front.guard[0].{of}[0]" for of in ("deny", "allow")),
        st.from_regex("[0-9]{5}[A-Z]?", fullmatch=True),
    ),
    "serving.front.callers[0].name": st.sampled_from(["shop", "app", "a"]),
    "serving.front.from_cidrs[0]": st.sampled_from(["198.51.100.0/24", "10.0.0.0/8", "192.168.7.0/28"]),
    "serving.front.tokens.jwks": st.just("https://id.example.org/keys"),
    "aws.region": st.sampled_from([region for region in sorted(zones()) if _with_gpus(region)]),
    "aws.log_retention_days": st.sampled_from(LOG_RETENTION_DAYS),
    "aws.cluster.deployer": ROLES,
    "aws.cluster.admins[0]": ROLES,
    "aws.cluster.viewers[0]": ROLES,
    "aws.cluster.system_nodes.instance_type": _machines(False, instance_types()),
    "aws.gpu_pools.NAME.instance_type": _machines(True, instance_types()),
    "aws.cpu_pools.NAME.instance_type": _machines(False, instance_types()),
    "aws.cluster.api_allowed_cidrs[0]": st.builds(
        lambda start, prefix: str(IPv4Network((start, prefix), strict=False)),
        st.integers(1 << 24, (224 << 24) - 1),
        st.integers(8, 32),
    ),
    "openstack.cluster.master_flavor": _machines(False, flavours()),
    "openstack.cluster.node_flavor": _machines(False, flavours()),
    "openstack.gpu_pools.NAME.flavor": _machines(True, flavours()),
    "openstack.auth_url": _urls("https"),
    "openstack.object_store_url": _urls("https"),
    "openstack.object_store_region": st.sampled_from(["us-east-1", "RegionOne", "a", "x--9"]),
    "openstack.cluster.oidc_issuer": st.sampled_from(["https://oidc.example.org", "https://a.example/b/c"]),
    "openstack.cluster.api_allowed_cidrs[0]": st.sampled_from(["198.51.100.0/24", "10.0.0.0/8"]),
    "openstack.network.data_cidrs[0]": st.sampled_from(["192.168.0.0/16", "10.0.0.0/8", "198.51.100.0/24"]),
    "openstack.network.dns[0]": st.sampled_from(["10.250.0.10", "1.1.1.1", "169.254.169.253", "100.64.0.2"]),
    "link.gateway_address": PUBLIC,
    "link.inside_cidrs[0]": st.integers(0, (1 << 14) - 1).map(
        lambda number: str(IPv4Network(((169 << 24) + (254 << 16) + 4 * number, 30)))
    ),
    "link.servers.flavor": _machines(False, flavours()),
    "link.aws_asn": st.integers(64512, 65534) | st.integers(4200000000, 4294967294),
    "training.orders_url": st.sampled_from(
        [
            "s3://shop-orders/online-retail/",
            "s3://x_y.z/",
            "s3://abc/d%20e/f/",
            "postgresql+psycopg://db.example.org/shop?table=orders",
            "postgresql+psycopg://[2001:db8::1]:6432/shop?table=sales.orders&CustomerID=customer",
        ]
    ),
    "training.tuning.storage_url": st.sampled_from(
        ["postgresql+psycopg://db.example.org/trials", "postgresql+psycopg://10.36.0.9:5433/t"]
    ),
    "serving.autoscaling.schedules[0].start": CRON,
    "serving.autoscaling.schedules[0].end": CRON,
    "training.data.schedule": CRON,
    "training.data.executors.pool": st.sampled_from(POOLS),
    "training.retrain.schedule": CRON,
    "training.retrain.train_schedule": CRON,
    "training.retrain.follow_schedule": CRON,
    "training.window.first_day": st.dates().map(str),
    "training.window.last_day": st.dates().map(str),
    "training.pool": st.sampled_from(POOLS),
    "serving.pool": st.sampled_from(POOLS),
    "serving.release": st.sampled_from(["latest", f"sha256:{'0a' * 32}"]),
    "serving.trusted_keys[0]": st.sampled_from([KEY, OTHER_KEY]),
    "deploy.from_cidrs[0]": st.just("198.51.100.7/32"),
    "deploy.in_clusters": st.just(True),
    "budget.alert_emails[0]": EMAILS,
    "budget.components": st.dictionaries(st.sampled_from(["link", "aws/aws-cluster"]), st.floats(0, 1e6)),
    "cost.price_book.flavour_hour": st.dictionaries(st.sampled_from(sorted(flavours())), st.floats(0.01, 9)),
    "cost.price_book.gpu_hour": st.dictionaries(st.sampled_from(["T4", "L4", "A100"]), st.floats(0.01, 9)),
    "policy.exceptions": st.lists(EXCEPTIONS, max_size=3),
    "policy.exceptions[0]": EXCEPTIONS,
    "orders.delimiter": st.sampled_from([",", ";", "\t", "|"]),
    "orders.quote": st.sampled_from(['"', "'"]),
    "orders.decimal": st.sampled_from([".", ","]),
    "orders.thousands": st.sampled_from([",", ".", " ", "\u202f"]),
    "orders.time_zone": st.sampled_from(["UTC", "Europe/London"]),
    "orders.encoding": st.sampled_from(["utf-8", "latin-1", "cp1252"]),
    "orders.dates[0]": st.sampled_from(["%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ", "epoch"]),
}
"""What only a cloud or another setting makes good, by key; of lists, the entries."""


def _number(annotation: type, carried: list[Any]) -> Drawn:
    def bound(kind: type, name: str) -> Any:
        return next((getattr(item, name) for item in carried if isinstance(item, kind)), None)

    least, above, most = bound(Ge, "ge"), bound(Gt, "gt"), bound(Le, "le")
    if annotation is int:
        low = -5 if least is None else least
        high = low + 10**9 if most is None else most
        return st.integers(low, high) | st.integers(low, min(high, low + 8)) | st.sampled_from([low, high])
    return st.floats(
        min_value=least if least is not None else above,
        max_value=most if most is not None else 1e9,
        exclude_min=above is not None,
        allow_nan=False,
    )


def _text(carried: list[Any]) -> Drawn:
    pattern = next((item.pattern for item in carried if getattr(item, "pattern", None)), None)
    if pattern:
        return st.from_regex(pattern, fullmatch=True)
    # Letters of every script, spaces, quotes: whatever a person may call an image or a region.
    return st.sampled_from(
        ["RegionOne", "ubuntu 24.04", "Größe", "a/b:c", "$(HOME)", "a'b\"c", "-x", "x" * 255]
    ) | (st.text(string.ascii_letters + string.digits + " -_.,:;/'\"$(){}<>&éß世", min_size=1, max_size=30))


def value(annotation: Any, carried: list[Any], path: str) -> Drawn:
    """What may stand at a path."""
    if path in BY_PATH:
        return BY_PATH[path]
    annotation, more = flatten(annotation)
    flat: list[Any] = []
    for item in [*carried, *more]:
        flat += getattr(item, "metadata", None) or [item]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(args)
    if annotation is bool:
        return st.booleans()
    if annotation in (int, float):
        return _number(annotation, flat)
    if origin is dict:
        return st.dictionaries(NAMES, value(args[1], [], f"{path}.NAME"), max_size=3)
    if origin is tuple:
        least = next((item.min_length for item in flat if isinstance(item, MinLen)), 0)
        most = next((item.max_length for item in flat if isinstance(item, MaxLen)), 3)
        if args[-1] is not Ellipsis:
            least = most = len(args)
        return st.lists(
            value(args[0], [], f"{path}[0]"),
            min_size=least,
            max_size=max(least, min(most, 3)),
            unique_by=repr,  # sections have no hash
        )
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return section(annotation, path)
    return _text(flat)


def section(model: type[BaseModel], path: str = "") -> Drawn:
    """What a section may say: each required key, and some of the others."""
    required: dict[str, Drawn] = {}
    optional: dict[str, Drawn] = {}
    for name, field in model.model_fields.items():
        key = f"{path}.{name}" if path else name
        drawn = value(field.annotation, list(field.metadata), key)
        if NoneType in get_args(field.annotation):
            drawn = st.none() | drawn
        (required if field.is_required() else optional)[name] = drawn
    return st.fixed_dictionaries(required, optional=optional)


BLOCKS = [f"10.{16 * number}.0.0/12" for number in range(16)] + ["172.16.0.0/12", "192.168.0.0/16"]
SIZES = {
    ("aws", "network", "cidr"): (16, 18),
    ("aws", "cluster", "service_cidr"): (16, 24),
    ("openstack", "network", "cidr"): (16, 24),
    ("openstack", "cluster", "pod_cidr"): (16, 20),
    ("openstack", "cluster", "service_cidr"): (16, 24),
}


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """What may stand under ``config`` of a cloud's stack file."""
    # Sections come whole or not at all; those of the sites must be there.
    drawn: dict[str, Any] = draw(SECTIONS)
    blocks = draw(st.permutations(BLOCKS))
    placed = DRIVERS[drawn["openstack"]["cluster"].get("driver", "capi_helm")].pods
    if placed is not None:
        blocks = [block for block in blocks if not IPv4Network(block).overlaps(placed)]
    for (name, part, key), sizes in SIZES.items():
        block = IPv4Network(blocks.pop())
        prefix = draw(st.integers(*sizes))
        room = 1 << (prefix - block.prefixlen)
        start = int(block.network_address) + (draw(st.integers(0, room - 1)) << (32 - prefix))
        drawn[name][part][key] = str(IPv4Network((start, prefix)))
    aws = drawn["aws"]
    zones_of_region = zones()[aws["region"]]
    aws["network"]["zones"] = draw(
        st.lists(st.sampled_from(zones_of_region), min_size=2, max_size=3, unique=True)
    )
    if not offers(aws["region"], SystemNodes().instance_type):
        _offered_here(aws)
    _as_the_driver_wants(drawn["openstack"])
    aws["account_id"] = draw(st.from_regex("[0-9]{12}", fullmatch=True))
    aws.pop("endpoint_url", None)
    drawn["openstack"].pop("throw_away_keys", None)
    for name, site in (("training", "aws"), ("serving", draw(st.sampled_from(["aws", "openstack"])))):
        if (pools := drawn[site].get("gpu_pools")) and draw(st.booleans()):
            pool = draw(st.sampled_from(sorted(pools)))
            pools[pool]["purpose"] = name
            drawn.setdefault(name, {})["pool"] = pool
            if name == "serving":
                drawn["serving"]["sites"] = [site]
    return {f"isthmus:{name}": section for name, section in drawn.items()}


SECTIONS = section(Sections)


def _as_the_driver_wants(openstack: dict[str, Any]) -> None:
    """Leave out what the drawn driver does not read, and give it what it needs."""
    cluster, pools = openstack["cluster"], openstack.get("gpu_pools") or {}
    name = cluster.setdefault("driver", "capi_helm")
    driver = DRIVERS[name]
    for key in ("pod_cidr", "service_cidr", "api_allowed_cidrs"):
        if key not in driver.labels:
            cluster.pop(key, None)
    if not any(distribution in cluster["image"] for distribution in driver.distributions):
        cluster["image"] = f"{driver.distributions[0]} {cluster['image']}"[:255]
    if cluster.get("network_driver") not in driver.network_drivers:
        cluster.pop("network_driver", None)
    if driver.needs_dns:
        openstack["network"]["dns"] = openstack["network"].get("dns") or ["10.250.0.10"]
    if not (cluster.get("floating_api") and cluster.get("api_allowed_cidrs")):
        cluster.pop("floating_api", None)
        cluster.pop("api_allowed_cidrs", None)
    nodes = cluster.setdefault("nodes", {})
    nodes["min"], nodes["max"] = nodes.get("min", 2), nodes.get("max", 3)
    if nodes["min"] <= driver.least_scaled:
        nodes["min"] += driver.least_scaled
        nodes["max"] = max(nodes["min"], nodes["max"])
    for group in (nodes, *pools.values()):
        if not driver.scales:
            group["min"] = group["max"]
    openstack["gpu_pools"] = {
        pool if len(pool) >= driver.shortest_group else pool + "-" * (2 - len(pool)) + "x": value
        for pool, value in pools.items()
    }


def _offered_here(aws: dict[str, Any]) -> None:
    """Give nodes a type that the region offers, where theirs, the default's or the good file's is none."""
    region, nodes = aws["region"], aws["cluster"].setdefault("system_nodes", {})
    if not offers(region, nodes.get("instance_type", SystemNodes().instance_type)):
        nodes["instance_type"] = "t3.large"
    for pool in (aws.get("gpu_pools") or {}).values():
        if not offers(region, pool.get("instance_type", "")):
            pool["instance_type"] = _with_gpus(region)[0]


def _parts(path: str) -> list[str | int]:
    found: list[str | int] = []
    for part in path.split("."):
        name, *indices = part.replace("]", "").split("[")
        found += [name, *map(int, indices)]
    return found


def _drop(config: dict[str, Any], parts: list[str | int]) -> None:
    """Take out what a path names, or give it the value of the good file where it must be there."""
    name, *rest = parts
    whole = config.get(f"isthmus:{name}")
    section: Any = whole
    good: Any = GOOD.get(f"isthmus:{name}")
    while len(rest) > 1 and not isinstance(rest[1], int):
        key = rest.pop(0)
        section = section.get(key) if isinstance(section, dict) else None
        good = good.get(key) if isinstance(good, dict) else None
    if not rest or not isinstance(section, dict):
        config.pop(f"isthmus:{name}", None)
    elif isinstance(good, dict) and rest[0] in good:
        section[rest[0]] = copy.deepcopy(good[rest[0]])
    else:
        section.pop(rest[0], None)


def mended(stack: str, config: dict[str, Any]) -> tuple[Settings | None, list[SettingsError]]:
    """Settings without what the check refuses, and its refusals; None: nothing is left."""
    config = copy.deepcopy(config)
    refusals: list[SettingsError] = []
    again: Counter[str] = Counter()
    for _ in range(12):
        try:
            return check("f", stack, config), refusals
        except SettingsError as error:
            refusals.append(error)
            for problem in error.problems:
                # What is refused once more goes with what it is in, such as a pool without a size.
                parts = _parts(problem.path)
                _drop(config, parts[: max(1, len(parts) - again[problem.path])])
                again[problem.path] += 1
            if "isthmus:aws" in config:
                _offered_here(config["isthmus:aws"])
    return None, refusals


def every(settings: Settings) -> Iterator[str]:
    """Which keys say something else than by default: what was really tried."""
    yield from _texts(settings.model_dump(mode="json", exclude_defaults=True), "")


def _texts(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{path}.{key}" if path else key)
    else:
        yield path
