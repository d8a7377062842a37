"""The option ``--openstack`` of the commands that bring the rehearsed estate up."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from rehearsal.openstack_services.choice import Behind

OpenStackOption: TypeAlias = Annotated[
    Behind | None,
    typer.Option(
        help="Behind the private site's APIs: a record of their rules, or the real services (about 20 "
        "seconds and 1 GiB more). Otherwise as it is: at first the record."
    ),
]
