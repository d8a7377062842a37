"""The tag by which the bill of AWS tells the parts of the estate apart, named as a review names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pulumi

COMPONENT: Final = "component"
"""The tag's key; its values begin with the stack, since a budget can ask for one tag alone."""
_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_SPECIFICATIONS: Final = "tag_specifications"

Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


def component_tag(stack: str, component: str) -> str:
    """The tag's value: ``prod/aws/aws-pool-training``."""
    return f"{stack}/{component}"


def tag_components(stack: str) -> Transformation:
    """Give every resource of AWS that takes tags the name of its component.

    It is for a whole program, ``pulumi.runtime.register_stack_transformation``: each resource is told of
    after what it stands in. What an EKS node group starts has the tags of its launch template, so the
    template's specifications get it, too.
    """
    above: dict[pulumi.Resource, tuple[str, ...]] = {}

    def tag(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        parent = args.opts.parent
        names = above.get(parent, ()) if parent is not None else ()
        if isinstance(args.resource, pulumi.ComponentResource):
            above[args.resource] = (*names, args.name)
            return None
        if not names or not args.type_.startswith("aws:") or "tags" not in args.props:
            return None
        told = {COMPONENT: component_tag(stack, "/".join(names[:2]))}
        props = {**args.props, "tags": _with(args.props["tags"], told)}
        if args.type_ == _TEMPLATE and props.get(_SPECIFICATIONS):
            for each in props[_SPECIFICATIONS]:
                each.tags = _with(each.tags, told)
        return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

    return tag


def _with(tags: Any, told: dict[str, str]) -> Any:
    """Tags with some more, whether or not the others are known yet."""
    if tags is None:
        return told
    if isinstance(tags, dict):
        return {**tags, **told}
    return pulumi.Output.from_input(tags).apply(lambda known: {**known, **told})


__all__ = ["COMPONENT", "component_tag", "tag_components"]
