"""Whom ``isthmus recommend --all`` asks for: every customer, by the ids of the source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.orders.settings import OrdersSettings


def all_customers(
    release: Path | None,
    orders: Path | None,
    pseudonym: Callable[[str], str],
    are_pseudonyms: bool,
    another_key: str = "",
    orders_settings: OrdersSettings | None = None,
) -> list[str]:
    """The ids of all customers.

    Args:
        release: whose customers; None where a server is asked, whose customers cannot be listed.
        orders: folder that holds the ids; None for those that `isthmus train` remembered, or of the sample.
        pseudonym: from an id to what releases know.
        are_pseudonyms: whether the ids are pseudonyms themselves.
        another_key: what to say where the release is known to be made with another key.
        orders_settings: how the orders are written.

    Raises:
        CommandError: when a customer of the release is not among the ids.
    """
    from isthmus.cli.errors import CommandError
    from isthmus.cli.orders_folder import named_or_sample
    from training.jobs.local.customer_ids import CustomerIds, customer_ids
    from training.orders.source import Folder

    if are_pseudonyms:
        if release is None:
            raise CommandError("--all --pseudonyms needs --release: a server does not list its customers")
        from serving.local.serve_release import customers_of

        return sorted(customers_of(release))
    if orders is not None or release is None:
        folder = named_or_sample(orders)
        ids, where = customer_ids(Folder(folder, orders_settings)), str(folder)
    else:
        register = CustomerIds()
        ids, where = register.ids(), f"what was trained on here ({register.path})"
    if release is None:
        return _in_order(ids)
    from serving.local.serve_release import customers_of

    known = customers_of(release)
    ids_of_release = [customer for customer in _in_order(ids) if pseudonym(customer) in known]
    if missing := len(known) - len(ids_of_release):
        raise CommandError(
            f"{missing:,} of the {len(known):,} customers of {release} are not among the ids of {where}"
            + (
                f": {another_key}"
                if another_key
                else "; name the orders that it was trained on with --orders, and the key with --key"
            )
        )
    return ids_of_release


def _in_order(ids: set[str]) -> list[str]:
    return sorted(ids, key=lambda customer: (len(customer), customer))
