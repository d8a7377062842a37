"""Kinds of customers that a release must serve alike."""

from __future__ import annotations

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers

FEW_BASKETS = 2
BULK_QUANTILE = 0.9
COUNTRY_CUSTOMERS = 20


def segments(past: InteractionMatrix, rows: Numbers) -> dict[str, Numbers]:
    """Which of some customers belong to each segment, bool [rows]; empty segments are left out.

    *New*: at most 2 baskets in the window. *Bulk buyers*: more, and the median basket among the tenth with
    the most pieces. *Regular*: the others. Countries, where the orders tell them: the one with most
    customers, each other with at least 20 of these customers, and the rest together.
    """
    new = past.baskets[rows] <= FEW_BASKETS
    bulk = ~new & (past.pieces[rows] >= np.quantile(past.pieces, BULK_QUANTILE))
    found = {"new": new, "regular": ~new & ~bulk, "bulk buyers": bulk}
    if past.countries:
        every, lived = np.array(past.countries), np.array(past.countries)[rows]
        names, counts = np.unique(every, return_counts=True)
        home = str(names[counts.argmax()])
        found[home] = lived == home
        for name in names[np.argsort(-counts, kind="stable")]:
            if name != home and (lived == name).sum() >= COUNTRY_CUSTOMERS:
                found[str(name)] = lived == name
        found["other countries"] = ~np.isin(lived, list(found))
    return {name: members for name, members in found.items() if members.any()}
