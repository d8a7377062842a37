"""One AWS account made ready: the state's bucket and key, and the roles that CI takes."""

from pulumi import ResourceOptions

from infra.bootstrap.account import Account
from infra.drain import Outputs, run
from infra.naming import Naming
from infra.providers import AWS_SERVICES, aws_provider
from infra.settings import Settings, load

OWN_SERVICES = ("ce", "cloudtrail")
"""What the account's own part asks beside the estate's services."""


def account(settings: Settings) -> Outputs:
    """Settings of an estate in, its account's own part out."""
    naming = Naming(settings.stack)
    made = Account(
        "bootstrap",
        naming=naming,
        settings=settings.aws,
        deploy=settings.deploy,
        opts=ResourceOptions(provider=aws_provider(settings.aws, naming, (*AWS_SERVICES, *OWN_SERVICES))),
    )
    return made.exports


async def main() -> Outputs:
    """Of the stack that the engine runs, from the estate's own stack file."""
    return account(load())


if __name__ == "__main__":
    run(main)
