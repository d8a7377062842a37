"""``python tables.py SERVICE URL``: the tables of Neutron or Magnum in an empty database.

Their migrations alter constraints, which SQLite cannot; their models make the same tables at once.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from sqlalchemy import create_engine


def _neutron() -> Any:
    import neutron_vpnaas.db.models.head  # noqa: F401 - adds its tables
    from neutron.db.migration.models import head  # noqa: F401 - adds its tables
    from neutron_lib.db import model_base

    return model_base.BASEV2.metadata


def _magnum() -> Any:
    from magnum.db.sqlalchemy import models

    return models.Base.metadata


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    {"neutron": _neutron, "magnum": _magnum}[sys.argv[1]]().create_all(create_engine(sys.argv[2]))
