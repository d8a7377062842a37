"""The budget: what the public site may cost, and who hears of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.settings.quantities import Percent, UsdPerMonth
from isthmus.settings.annotations import Allowed
from isthmus.settings.section import Section

Email = Annotated[
    str,
    # RFC 5322's atoms before the @, a host's name after it; quoted and international ones are no use here.
    Field(
        pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,63}$"
    ),
    Allowed("an e-mail address such as platform@example.org"),
]


Component = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62})(/[a-z0-9]([a-z0-9-]{0,62}))?$"),
    Allowed("a component as `isthmus review` names it, such as aws/aws-pool-training"),
]


PRIVATE = "openstack"
"""The component of the private site, whose bill AWS does not know."""


class BudgetSettings(Section):
    """The monthly budget of the AWS account, and of parts of the estate."""

    usd_per_month: UsdPerMonth | None = None
    """Spending at which the alarm goes, 0 being the first cent; absent: no budget is made."""
    alert_emails: Annotated[tuple[Email, ...], Field(max_length=10)] = ()
    """Who is told; AWS Budgets takes ten addresses."""
    alert_percent: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=5)] = (80, 100)
    """Shares of the budget at which they are told."""
    components: Annotated[dict[Component, UsdPerMonth], Field(max_length=100)] = Field(default_factory=dict)
    """What parts of the estate may cost, by the components that `isthmus review` names, on both sites; a
    review refuses a change that passes it, and AWS Budgets watches what of it is in AWS."""

    @property
    def in_aws(self) -> dict[str, float]:
        """Budgets of the components that have resources in AWS."""
        return {name: usd for name, usd in self.components.items() if name.partition("/")[0] != PRIVATE}

    @property
    def watched(self) -> bool:
        """Whether AWS Budgets has anything to watch."""
        return self.usd_per_month is not None or bool(self.in_aws)
