"""All rules, in the order in which they are told. A module of rules is a line here."""

from __future__ import annotations

from typing import Final

from infra.policy.rule import Rule
from infra.policy.rules import (
    aws_access,
    aws_buckets,
    aws_machines,
    aws_network,
    aws_storage,
    estate,
    finops,
    kubernetes_access,
    openstack,
    pods,
)

MODULES: Final = (
    estate,
    aws_buckets,
    aws_storage,
    aws_network,
    aws_machines,
    aws_access,
    openstack,
    pods,
    kubernetes_access,
    finops,
)
RULES: Final[tuple[Rule, ...]] = tuple(rule for module in MODULES for rule in module.RULES.all)
