"""``isthmus operator``: the stacks as objects of the Pulumi Kubernetes Operator."""

from __future__ import annotations

from typing import Annotated

import typer


def operator(
    repository: Annotated[str, typer.Option(help="Where the operator fetches this project from.")],
    backend: Annotated[str, typer.Option(help="Where the stacks' state is, such as s3://BUCKET?region=...")],
    branch: Annotated[str, typer.Option(help="The branch that is brought up.")] = "main",
    namespace: Annotated[str, typer.Option(help="Of the objects.")] = "pulumi",
) -> None:
    """Print a Stack for dev, staging and prod, each after the one before, for the Pulumi Kubernetes Operator.

    The secrets that they name (isthmus-STACK, with the application credential of OpenStack) and the role in
    AWS of each service account are yours.

    Example:  isthmus operator --repository https://git.example.org/shop/isthmus --backend s3://shop-state
    """
    from isthmus.operator_stacks import text
    from rehearsal.home import project_root

    typer.echo(
        text(
            project_root() / "stacks",
            repository=repository,
            branch=branch,
            backend=backend,
            namespace=namespace,
        ),
        nl=False,
    )
