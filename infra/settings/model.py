"""The settings of one estate: every section of a stack file."""

from __future__ import annotations

from infra.settings.aws import AwsSettings
from infra.settings.budget import BudgetSettings
from infra.settings.cost import CostSettings
from infra.settings.deploy import DeploySettings
from infra.settings.images import ImagesSettings
from infra.settings.link import LinkSettings
from infra.settings.openstack import OpenStackSettings
from infra.settings.platform import PlatformSettings
from infra.settings.policy import PolicySettings
from infra.settings.protection import ProtectionSettings
from infra.settings.serving import ServingSettings
from infra.settings.training import StackTraining
from isthmus.settings.section import Section
from training.orders.settings import OrdersSettings


class Sections(Section):
    """What a stack file says; a section that is absent means its defaults."""

    aws: AwsSettings
    """The public site."""
    openstack: OpenStackSettings
    """The private site."""
    link: LinkSettings = LinkSettings()
    """The VPN between the sites."""
    platform: PlatformSettings = PlatformSettings()
    """What every cluster runs beside the estate's own pods."""
    orders: OrdersSettings = OrdersSettings()
    """How the shop writes its log of orders, and how much of it may be left out."""
    training: StackTraining = StackTraining()
    """The training job."""
    serving: ServingSettings = ServingSettings()
    """The recommendation service."""
    images: ImagesSettings = ImagesSettings()
    """The images of the jobs and of the servers' init step."""
    protection: ProtectionSettings = ProtectionSettings()
    """What may not be deleted in passing."""
    deploy: DeploySettings = DeploySettings()
    """Where an up runs, and what it makes."""
    budget: BudgetSettings = BudgetSettings()
    """The monthly budget."""
    cost: CostSettings = CostSettings()
    """What a review reckons the estate's cost by."""
    policy: PolicySettings = PolicySettings()
    """Exceptions from the policy."""


class Settings(Sections):
    """The checked settings of one estate."""

    stack: str
    """Name of the stack: local, dev, staging, prod."""

    @property
    def protects(self) -> bool:
        """Whether what holds data, and the clusters, refuse to be deleted."""
        return self.protection.of(self.stack)
