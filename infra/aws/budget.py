"""The monthly budgets of the AWS account: of the stack, and of parts of it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.component_tag import COMPONENT, component_tag
from infra.naming import Naming
from infra.settings.budget import BudgetSettings

LEAST_USD = 0.01
"""AWS Budgets takes amounts above 0 only; a budget of nothing is one that the first cent uses up."""


class Budget(pulumi.ComponentResource):
    """A cost budget for what carries this stack's ``environment`` tag, with warnings by e-mail.

    ``settings.components`` have one each, for what carries their ``component`` tag as well. Each share of
    ``settings.alert_percent`` warns when it is spent, the largest also when it is forecast.
    """

    budget_names: dict[str, pulumi.Output[str]]
    """Of all of the stack, under ``""``, and of each component in AWS that has one."""

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: BudgetSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Budget", name, None, opts)
        self._naming, self._settings = naming, settings
        self.budget_names = {}
        if settings.usd_per_month is not None:
            self.budget_names[""] = self._budget(
                name, naming.budget(), settings.usd_per_month, f"environment${naming.stack}"
            )
        for component, usd in settings.in_aws.items():
            tag = f"{COMPONENT}${component_tag(naming.stack, component)}"
            self.budget_names[component] = self._budget(
                f"{name}-{component}", naming.budget(component), usd, tag
            )
        self.register_outputs({"budgetNames": self.budget_names})

    def _budget(self, name: str, called: str, usd: float, tag: str) -> pulumi.Output[str]:
        settings = self._settings
        warnings = [("ACTUAL", percent) for percent in settings.alert_percent]
        warnings.append(("FORECASTED", max(settings.alert_percent)))
        made = aws.budgets.Budget(
            name,
            name=called,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{max(usd, LEAST_USD):.2f}",
            limit_unit="USD",
            cost_filters=[aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:{tag}"])],
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=list(settings.alert_emails),
                )
                for kind, percent in warnings
                if settings.alert_emails
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return made.name


__all__ = ["Budget"]
