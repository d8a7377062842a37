"""The option of the commands that bring the rehearsed estate up: what stands behind the OpenStack plugin."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from rehearsal.behind import Behind

OpenStackOption: TypeAlias = Annotated[
    Behind | None,
    typer.Option(
        help="Behind the private site's APIs: the real services, or a record of their rules (about 20 "
        "seconds of processor time and 0.8 GiB less). Otherwise as it is: at first the services."
    ),
]
