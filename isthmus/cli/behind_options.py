"""The options of the commands that bring the rehearsed estate up: what stands behind its plugins."""

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
KubernetesOption: TypeAlias = Annotated[
    Behind | None,
    typer.Option(
        help="Behind both clusters' APIs: a record of their rules, or a real control plane each (about 5 "
        "seconds and 0.7 GiB more). Otherwise as it is: at first the record."
    ),
]
