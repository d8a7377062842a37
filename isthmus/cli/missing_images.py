"""Which of its own images a stack would pull that its registry does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.settings import Settings

_ABSENT = ("ImageNotFoundException", "RepositoryNotFoundException")


def missing_images(settings: Settings, client: Any = None) -> list[str]:
    """A sentence for each; none where the registry cannot be asked, as without credentials.

    Args:
        settings: of the stack.
        client: of ECR; None is the one of the user's own credentials.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from isthmus.images import IMAGES, tag

    found = []
    try:
        client = client or _client(settings)
        for name in _pulled(settings) if client else ():
            image, digest = IMAGES[name], getattr(settings.images, name)
            which = {"imageDigest": digest} if digest else {"imageTag": tag(image)}
            try:
                client.describe_images(
                    registryId=settings.aws.account_id, repositoryName=image.repository, imageIds=[which]
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in _ABSENT:
                    return []
                reference = f"@{digest}" if digest else f":{tag(image)}"
                found.append(
                    f"the registry of {settings.stack} has no {image.repository}{reference}: "
                    f"run `isthmus images build {name}`, `push` and `pin {settings.stack}` before an up"
                )
    except (BotoCoreError, ClientError):
        return []
    return found


def _client(settings: Settings) -> Any:
    import boto3
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session()
    if session.get_credentials() is None:
        return None
    # A preview waits for no registry that is out of reach.
    soon = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
    return boto3.Session(botocore_session=session).client(
        "ecr", region_name=settings.aws.region, endpoint_url=settings.aws.endpoint_url, config=soon
    )


def _pulled(settings: Settings) -> list[str]:
    training = ["training", *(["training_gpu"] if settings.training.pool else [])]
    return [
        *(training if settings.training.enabled else []),
        *(["serving"] if settings.serving.enabled else []),
    ]
