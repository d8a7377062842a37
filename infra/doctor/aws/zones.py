"""Whether the account may use the region and its zones."""

from __future__ import annotations

from collections.abc import Iterator

from infra.doctor.clouds import Clouds
from infra.settings import Settings
from isthmus.settings.errors import Problem


def zones(settings: Settings, clouds: Clouds) -> Iterator[Problem]:
    """Every zone of the settings is there and available.

    Regions since 2019 are off in an account until somebody turns them on
    (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html: from memory).
    """
    region = settings.aws.region
    answer = clouds.aws("ec2").describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
    state = {zone["ZoneName"]: zone["State"] for zone in answer}
    there = ", ".join(sorted(name for name, said in state.items() if said == "available")) or "none"
    for index, zone in enumerate(settings.aws.network.zones):
        if state.get(zone) != "available":
            yield Problem(
                f"aws.network.zones[{index}]",
                f"is {zone}, which is {state.get(zone, 'not there')} for this account; {region} has {there}: "
                f"name one of these, or turn {region} on in the account's settings",
            )


__all__ = ["zones"]
