"""Image repositories."""

from __future__ import annotations

from rehearsal.plugins.aws.row import Call, Look, Row, Update, row
from rehearsal.plugins.aws.tagging import Tagging

ROWS: tuple[Row, ...] = (
    row(
        type="aws:ecr/repository:Repository",
        service="ecr",
        create=Call("CreateRepository", {}, spread=True),
        id="repository.repositoryName",
        read=Look(Call("DescribeRepositories", {"repositoryNames": ["$id"]}), "repositories[0]"),
        delete=Call("DeleteRepository", {"repositoryName": "$id", "force": "$inputs.forceDelete"}),
        fields={"name": "repositoryName", "encryptionConfigurations": "encryptionConfiguration"},
        seen={"name": "it.repositoryName", "encryptionConfigurations": "[it.encryptionConfiguration]"},
        kept=("forceDelete",),
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
        collide=("name",),
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
    row(
        type="aws:ecr/lifecyclePolicy:LifecyclePolicy",
        service="ecr",
        create=Call("PutLifecyclePolicy", {}, spread=True),
        id="inputs.repository",
        read=Look(Call("GetLifecyclePolicy", {"repositoryName": "$id"})),
        delete=Call("DeleteLifecyclePolicy", {"repositoryName": "$id"}),
        fields={"repository": "repositoryName", "policy": "lifecyclePolicyText"},
        seen={"repository": "it.repositoryName", "policy": "it.lifecyclePolicyText"},
        outputs={"registryId": "it.registryId"},
        updates=(
            Update(
                ("policy",),
                Call(
                    "PutLifecyclePolicy", {"repositoryName": "$id", "lifecyclePolicyText": "$inputs.policy"}
                ),
            ),
        ),
        collide=("repository",),
    ),
)
