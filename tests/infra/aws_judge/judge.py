"""AWS's own linter of CloudFormation, over what an estate asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner

from tests.infra.aws_judge.table import COUNTERPARTS
from tests.infra.aws_judge.template import template_of
from tests.infra.recorded import Recorded

NOT_ASKED: Mapping[str, str] = {
    "W3010": "a template that names zones is bound to a region; a stack file of this project is on purpose",
}
"""Rules about templates in general, and why they say nothing of an estate."""


@cache
def _runner(region: str) -> Runner:
    return Runner(ConfigMixIn(regions=[region], ignore_checks=list(NOT_ASKED)))


def faults(resources: Iterable[Recorded], region: str) -> Iterator[str]:
    """A sentence for each fault: the rule, the Pulumi resources that it is in, the place, what is said."""
    regions: dict[str, list[Recorded]] = {}
    for each in resources:
        row = COUNTERPARTS.get(each.type)
        regions.setdefault((row and row.only_in) or region, []).append(each)
    for place, there in regions.items():
        yield from _faults(there, place)


def _faults(resources: Iterable[Recorded], region: str) -> Iterator[str]:
    made = template_of(resources, region)
    template, unread = decode_str(json.dumps(made.as_json()))
    assert template is not None, unread
    for found in _runner(region).validate_template(template):
        path = [str(part) for part in found.path or []]
        inside = " and ".join(made.origins[path[1]]) if path[1:] else "the template"
        yield f"{found.rule.id} {inside}: {'/'.join(path[3:])}: {found.message}"
