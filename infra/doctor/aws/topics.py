"""Who hears of a link that is down."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def topics(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """The alarms' topics are there: CloudWatch takes any name."""
    from botocore.exceptions import ClientError

    for index, topic in enumerate(settings.link.alarm_topics):
        try:
            clouds.aws("sns").get_topic_attributes(TopicArn=topic)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NotFound", "NotFoundException"):
                raise
            yield Problem(
                f"link.alarm_topics[{index}]", f"is {topic}, which is not there: make it, or remove the line"
            )


__all__ = ["topics"]
