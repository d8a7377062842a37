"""The monthly budget of the AWS account."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.naming import Naming
from infra.settings.budget import BudgetSettings

LEAST_USD = 0.01
"""AWS Budgets takes amounts above 0 only; a budget of nothing is one that the first cent uses up."""


class Budget(pulumi.ComponentResource):
    """A cost budget for what carries this stack's ``environment`` tag, with warnings by e-mail.

    ``settings.usd_per_month`` must be there. Each share of ``settings.alert_percent`` warns when it is
    spent, the largest also when it is forecast.
    """

    budget_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        naming: Naming,
        settings: BudgetSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("isthmus:aws:Budget", name, None, opts)
        warnings = [("ACTUAL", percent) for percent in settings.alert_percent]
        warnings.append(("FORECASTED", max(settings.alert_percent)))
        budget = aws.budgets.Budget(
            name,
            name=naming.name("monthly"),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{max(settings.usd_per_month or 0, LEAST_USD):.2f}",
            limit_unit="USD",
            cost_filters=[
                aws.budgets.BudgetCostFilterArgs(
                    name="TagKeyValue", values=[f"user:environment${naming.stack}"]
                )
            ],
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
        self.budget_name = budget.name
        self.register_outputs({"budgetName": self.budget_name})


__all__ = ["Budget"]
