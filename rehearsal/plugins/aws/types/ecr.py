"""Image repositories."""

from __future__ import annotations

from rehearsal.plugins.aws.resource_type import AwsType, Call, ReadCall, Update
from rehearsal.plugins.aws.tagging import Tagging

ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:ecr/repository:Repository",
        service="ecr",
        create=Call("CreateRepository", {}, spread=True),
        id="repository.repositoryName",
        read=ReadCall(Call("DescribeRepositories", {"repositoryNames": ["$id"]}), "repositories[0]"),
        delete=Call("DeleteRepository", {"repositoryName": "$id", "force": "$inputs.forceDelete"}),
        fields={"name": "repositoryName", "encryptionConfigurations": "encryptionConfiguration"},
        read_from={"name": "it.repositoryName", "encryptionConfigurations": "[it.encryptionConfiguration]"},
        local_only=("forceDelete",),
        outputs={
            "arn": "it.repositoryArn",
            "repositoryUrl": "it.repositoryUri",
            "registryId": "it.registryId",
        },
        updates=(
            Update(
                ("imageTagMutability",),
                Call(
                    "PutImageTagMutability",
                    {
                        "repositoryName": "$id",
                        "imageTagMutability": "$inputs.imageTagMutability || 'MUTABLE'",
                    },
                ),
            ),
            Update(
                ("imageScanningConfiguration",),
                Call(
                    "PutImageScanningConfiguration",
                    {
                        "repositoryName": "$id",
                        "imageScanningConfiguration": "$inputs.imageScanningConfiguration || `{}`",
                    },
                ),
            ),
        ),
        autoname={"name": 256},
        unique_by=("name",),
        tags=Tagging(
            "ecr",
            {"resourceArn": "$outputs.arn"},
            "TagResource",
            "UntagResource",
            "ListTagsForResource",
            tags="tags",
            keys="tagKeys",
            at="tags",
        ),
    ),
    AwsType(
        type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        service="ecr",
        create=Call("PutLifecyclePolicy", {}, spread=True),
        id="inputs.repository",
        read=ReadCall(Call("GetLifecyclePolicy", {"repositoryName": "$id"})),
        delete=Call("DeleteLifecyclePolicy", {"repositoryName": "$id"}),
        fields={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        read_from={"repository": "it.repositoryName", "policy": "it.lifecyclePolicyText"},
        outputs={"registryId": "it.registryId"},
        updates=(
            Update(
                ("policy",),
                Call(
                    "PutLifecyclePolicy", {"repositoryName": "$id", "lifecyclePolicyText": "$inputs.policy"}
                ),
            ),
        ),
        unique_by=("repository",),
    ),
)
