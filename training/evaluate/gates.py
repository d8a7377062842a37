"""Gates: what a release must reach before it is signed."""

from __future__ import annotations

from training.evaluate.held_back import ALL, MODEL, POPULAR, Table
from training.settings import Gates


def judge(table: Table, gates: Gates) -> list[str]:
    """Why a release is refused, one sentence per gate; nothing when it may be served."""
    model, popular = table[MODEL][ALL], table[POPULAR][ALL]
    refusals = []
    if model.customers < gates.min_customers:
        refusals.append(
            f"only {model.customers} held-back customers, but gates.min_customers is {gates.min_customers}"
        )
    least = popular.recall * gates.min_recall_ratio_to_popularity
    if model.recall < least:
        refusals.append(
            f"recall@20 is {model.recall:.3f}, but gates.min_recall_ratio_to_popularity "
            f"{gates.min_recall_ratio_to_popularity:g} asks for {least:.3f} (popular: {popular.recall:.3f})"
        )
    if model.coverage < gates.min_coverage:
        refusals.append(
            f"coverage is {model.coverage:.1%}, but gates.min_coverage is {gates.min_coverage:.1%}"
        )
    return refusals
