"""Kinds of customers that a release must serve alike."""

from __future__ import annotations

import numpy as np

from training.validation.interaction_matrix import InteractionMatrix, Numbers

FEW_BASKETS = 2
BULK_QUANTILE = 0.9
COUNTRY_CUSTOMERS = 20


def segments(interactions: InteractionMatrix, rows: Numbers) -> dict[str, Numbers]:
    """Which of some customers belong to each segment, bool [rows]; empty segments are left out.

    *New*: at most 2 baskets in the window. *Bulk buyers*: more, and the median basket among the tenth with
    the most pieces. *Regular*: the others. Countries, where the orders tell them: the one with most
    customers, each other with at least 20 of these customers, and the rest together.
    """
    new = interactions.baskets[rows] <= FEW_BASKETS
    bulk = ~new & (interactions.pieces[rows] >= np.quantile(interactions.pieces, BULK_QUANTILE))
    found = {"new": new, "regular": ~new & ~bulk, "bulk buyers": bulk}
    if interactions.countries:
        countries, country_of = np.array(interactions.countries), np.array(interactions.countries)[rows]
        names, counts = np.unique(countries, return_counts=True)
        home = str(names[counts.argmax()])
        found[home] = country_of == home
        for name in names[np.argsort(-counts, kind="stable")]:
            if name != home and (country_of == name).sum() >= COUNTRY_CUSTOMERS:
                found[str(name)] = country_of == name
        found["other countries"] = ~np.isin(country_of, list(found))
    return {name: members for name, members in found.items() if members.any()}
