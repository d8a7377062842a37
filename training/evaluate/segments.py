"""Kinds of customers that a release must serve alike."""

from __future__ import annotations

import numpy as np

from training.evaluate.past import Numbers, Past

FEW_BASKETS = 2
BULK_QUANTILE = 0.9


def segments(past: Past, rows: Numbers) -> dict[str, Numbers]:
    """Which of some customers belong to each segment, bool [rows]; empty segments are left out.

    *New*: at most 2 baskets in the window. *Bulk buyers*: more, and the median basket among the tenth with
    the most pieces. *Regular*: the others. Countries, where the orders tell them: the one with most
    customers, and all others together.
    """
    new = past.baskets[rows] <= FEW_BASKETS
    bulk = ~new & (past.pieces[rows] >= np.quantile(past.pieces, BULK_QUANTILE))
    found = {"new": new, "regular": ~new & ~bulk, "bulk buyers": bulk}
    if past.countries:
        named, counts = np.unique(np.array(past.countries), return_counts=True)
        home = str(named[counts.argmax()])
        at_home = np.array(past.countries)[rows] == home
        found |= {home: at_home, "other countries": ~at_home}
    return {name: members for name, members in found.items() if members.any()}
