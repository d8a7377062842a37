"""The rules as a policy pack: what the engine asks before it makes a resource, and before it ends a "
"preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from infra.policy.by_type import ByType
from infra.policy.engine_stack import EngineStack
from infra.policy.inputs import UNKNOWN
from infra.policy.judge import Breach, judge
from infra.policy.rule import Rule
from infra.policy.stack import Stack
from infra.review.resource import Resource

NAME = "isthmus"


def serve(rules: Iterable[Rule]) -> None:
    """Answer the engine until it ends."""
    stack = EngineStack()
    stack.listen()
    policies = ByType((policy(rule, stack), rule.types) for rule in rules)
    policies.serve(note=stack.inputs.__setitem__)
    PolicyPack(name=NAME, enforcement_level=EnforcementLevel.MANDATORY, policies=policies)


def policy(rule: Rule, stack: EngineStack) -> Policy:
    """A rule as the engine asks it."""

    def of_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if rule.types is not None and args.resource_type in rule.types:
            alone = Resource(args.urn, args.resource_type, "same", inputs=plain(args.props))
            tell(judge(Stack(stack.name, {alone.urn: alone}, stack.exceptions), [rule]), report)

    def of_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        found = resources(args.resources, stack.inputs)
        tell(judge(Stack(stack.name, found, stack.exceptions), [rule]), report)

    common: dict[str, Any] = {
        "name": rule.name,
        "description": f"{rule.title}.",
        "enforcement_level": EnforcementLevel.MANDATORY if rule.refuses else EnforcementLevel.ADVISORY,
        "severity": Severity(rule.severity),
        "remediation_steps": rule.remedy,
        "url": rule.references[0].url if rule.references else None,
        "tags": [rule.domain, *map(str, rule.references)],
    }
    if rule.types is not None:
        return ResourceValidationPolicy(validate=of_resource, **common)
    return StackValidationPolicy(validate=of_stack, **common)


def tell(breaches: Iterable[Breach], report: ReportViolation) -> None:
    """Report what no exception lets pass."""
    for breach in breaches:
        if breach.exception is None:
            report(f"{breach.sentence}: {breach.rule.remedy}", breach.resource.urn)


def resources(
    given: Sequence[PolicyResource], inputs: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Resource]:
    """What the engine tells of a stack, as the rules see it."""
    found = {each.urn: resource(each, inputs.get(each.urn)) for each in given}
    for each in given:
        # A provider comes with what it makes, and the stack does not always list it.
        if (provider := each.provider) and provider.urn not in found:
            found[provider.urn] = Resource(
                provider.urn, provider.resource_type, "same", inputs=plain(provider.props)
            )
    return found


def resource(given: PolicyResource, inputs: Mapping[str, Any] | None) -> Resource:
    """A resource that the engine tells of, with what the program gave it where that is known."""
    return Resource(
        given.urn,
        given.resource_type,
        "same",
        custom=not given.urn.split("::")[2].rpartition("$")[2].startswith("isthmus:"),
        parent=given.parent.urn if given.parent else "",
        protected=bool(given.opts.protect),
        provider=given.provider.urn if given.provider else "",
        inputs=inputs if inputs is not None else plain(given.props),
        depends={
            key: tuple(each.urn for each in behind) for key, behind in given.property_dependencies.items()
        },
    )


def plain(value: Any) -> Any:
    """A value without the SDK's proxy, which raises where something is unknown; here it gets its mark."""
    if isinstance(value, Mapping):
        return {key: _entry(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_entry(value, index) for index in range(len(value))]
    return value


def _entry(value: Any, key: Any) -> Any:
    try:
        return plain(value[key])
    except UnknownValueError:
        return UNKNOWN
