"""What must hold between settings: each check is a pure function from settings to problems."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.checks.addresses import addresses
from infra.settings.checks.autoscaling import autoscaling
from infra.settings.checks.bounds import bounds
from infra.settings.checks.data_stage import data_stage
from infra.settings.checks.drivers import drivers
from infra.settings.checks.front import fronts
from infra.settings.checks.keys import keys
from infra.settings.checks.link import link
from infra.settings.checks.locks import locks
from infra.settings.checks.machines import machines, priced
from infra.settings.checks.names import names
from infra.settings.checks.networks import networks
from infra.settings.checks.pools import pools
from infra.settings.checks.principals import principals
from infra.settings.checks.reach import reach
from infra.settings.checks.regions import regions
from infra.settings.checks.repeats import repeats
from infra.settings.checks.rollout import rollout
from infra.settings.checks.ways import ways
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

CHECKS = (
    names, reach, regions, addresses, networks, drivers, machines, priced, pools, data_stage, bounds,
    autoscaling, fronts, link, locks, keys, principals, repeats, rollout, ways,
)  # fmt: skip


def cross_checks(settings: Settings) -> Iterator[Problem]:
    """Every problem between settings that are each right on their own."""
    for check in CHECKS:
        yield from check(settings)
