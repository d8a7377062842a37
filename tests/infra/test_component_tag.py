"""The tag of components: on what AWS bills, whatever stands in between, and as a review names them."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.component_tag import tag_components
from tests.infra.recorded import record

TAG = "prod/aws/aws-pool-a"


class Part(pulumi.ComponentResource):
    """A component with a parent."""

    def __init__(
        self, name: str, parent: pulumi.Resource | None, *tag: pulumi.ResourceTransformation
    ) -> None:
        opts = pulumi.ResourceOptions(parent=parent, transformations=list(tag))
        super().__init__("test:Part", name, None, opts)


async def program() -> dict[str, object]:
    site = Part("aws", None, tag_components("prod"))
    nodes = pulumi.ResourceOptions(parent=Part("aws-nodes", Part("aws-pool-a", site)))
    bucket = aws.s3.Bucket("bucket", bucket="b", opts=pulumi.ResourceOptions(parent=site))
    aws.ec2.Eip("address", tags={"of": bucket.id}, opts=nodes)
    aws.iam.RolePolicy("policy", role="r", policy="{}", opts=nodes)
    told = [
        aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags={"Name": "n"})
        for kind in ("instance", "volume")
    ]
    aws.ec2.LaunchTemplate("template", tag_specifications=told, opts=nodes)
    aws.ec2.Eip("alone")
    return {}


def test_what_is_billed_has_the_name_of_its_component() -> None:
    found = {each.name: each.inputs for each in record(program, "prod").resources if each.custom}
    assert found["bucket"]["tags"] == {"component": "prod/aws"}
    assert found["address"]["tags"] == {"of": found["address"]["tags"]["of"], "component": TAG}
    assert "tags" not in found["policy"]
    assert "tags" not in found["alone"]
    # What an EKS node group starts has the tags of the template alone.
    for each in found["template"]["tagSpecifications"]:
        assert each["tags"] == {"Name": "n", "component": TAG}
