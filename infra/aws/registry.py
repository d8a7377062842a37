"""The image registry: one repository for each image of the estate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from infra.pins import Image

KEPT_IMAGES = 50
UNTAGGED_DAYS = 7

LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "untagged layers of pushes that failed",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "all but the newest images",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES},
            "action": {"type": "expire"},
        },
    ]
}


class Registry(pulumi.ComponentResource):
    """ECR repositories ``isthmus/<image>``: tags never move, pushes are scanned, layers are encrypted.

    A push of another image by a tag that is there is refused, so the tag has to be that of the content
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html,
    ImageTagAlreadyExistsException; 2026-11-28).
    """

    urls: dict[str, pulumi.Output[str]]
    """Image name -> ``<account>.dkr.ecr.<region>.amazonaws.com/isthmus/<image>``."""

    def __init__(
        self,
        name: str,
        *,
        images: Sequence[str],
        kms_key_arn: pulumi.Input[str],
        keep_images: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Registry", name, None, opts)
        self.urls = {}
        for image in images:
            repository = aws.ecr.Repository(
                f"{name}-{image}",
                name=f"isthmus/{image}",
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                    scan_on_push=True
                ),
                encryption_configurations=[
                    aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=kms_key_arn)
                ],
                force_delete=not keep_images,
                opts=pulumi.ResourceOptions(parent=self),
            )
            aws.ecr.LifecyclePolicy(
                f"{name}-{image}",
                repository=repository.name,
                policy=json.dumps(LIFECYCLE),
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.urls[image] = repository.repository_url
        self.register_outputs({"urls": self.urls})

    def image(self, pinned: Image) -> pulumi.Output[str]:
        """Where a pinned image of this project is pulled from."""
        url = self.urls[pinned.repository.rpartition("/")[2]]
        return url.apply(lambda known: replace(pinned, repository=known).reference)


__all__ = ["Registry"]
