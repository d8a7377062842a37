"""Gates: what a release must reach before it is signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from training.evaluate.baselines import POPULAR
from training.evaluate.held_back import ALL, MODEL, NEW, Evaluation
from training.settings import Gates


@dataclass(frozen=True)
class Check:
    """One gate met or missed; ``sentence`` says what was reached and what is asked for."""

    gate: str
    passed: bool
    sentence: str


def judge(evaluation: Evaluation, gates: Gates) -> list[str]:
    """Why a release is refused, one sentence per gate; nothing when it may be served."""
    return [check.sentence for check in checks(evaluation, gates) if not check.passed]


def checks(evaluation: Evaluation, gates: Gates) -> list[Check]:
    """Every gate that can be judged here."""
    return [
        *_customers_and_coverage(evaluation, gates),
        *_baselines(evaluation, gates),
        *_segments(evaluation, gates),
        *_service(evaluation, gates),
    ]


def _customers_and_coverage(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    model = evaluation.table[MODEL][ALL]
    yield Check(
        "min_customers",
        model.customers >= gates.min_customers,
        f"only {model.customers} held-back customers, but gates.min_customers is {gates.min_customers}"
        if model.customers < gates.min_customers
        else f"{model.customers} held-back customers, of {gates.min_customers}",
    )
    yield Check(
        "min_coverage",
        model.coverage >= gates.min_coverage,
        f"coverage is {model.coverage:.1%}, {_but(model.coverage < gates.min_coverage)}gates.min_coverage is "
        f"{gates.min_coverage:.1%}",
    )


def _baselines(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    asked = [(ALL, POPULAR, "min_recall_ratio_to_popularity", gates.min_recall_ratio_to_popularity)]
    for protocol in (ALL, NEW):
        if protocol in evaluation.table[MODEL]:
            name, _ = evaluation.best_baseline(protocol)
            ratio = gates.min_recall_ratio_to_best_baseline
            asked.append((protocol, name, "min_recall_ratio_to_best_baseline", ratio))
    for protocol, name, gate, ratio in asked:
        reached, theirs = evaluation.table[MODEL][protocol].recall, evaluation.table[name][protocol].recall
        missed = reached < theirs * ratio
        where = "" if protocol == ALL else f" of {protocol}"
        yield Check(
            gate,
            not missed,
            f"recall@20{where} is {reached:.3f}, {_but(missed)}gates.{gate} {ratio:g} asks for "
            f"{theirs * ratio:.3f} ({name}: {theirs:.3f})",
        )


def _segments(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    found = {
        kind: rows[MODEL].recall
        for kind, rows in evaluation.segments.items()
        if rows[MODEL].customers >= gates.min_segment_customers
    }
    if len(found) < 2:
        return
    worst, best = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    least = found[best] * gates.min_segment_recall_ratio
    missed = found[worst] < least
    yield Check(
        "min_segment_recall_ratio",
        not missed,
        f"recall@20 of segment {worst} is {found[worst]:.3f}, {_but(missed)}gates.min_segment_recall_ratio "
        f"{gates.min_segment_recall_ratio:g} asks for {least:.3f} ({best}: {found[best]:.3f})",
    )


def _service(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    service = evaluation.service
    if service is None:
        return
    told: list[tuple[str | None, str, float]] = [
        (None, "max_recall_loss_to_service", gates.max_recall_loss_to_service)
    ]
    told += [
        (kind, "max_segment_loss_to_service", gates.max_segment_loss_to_service)
        for kind, rows in evaluation.segments.items()
        if kind in service.groups and rows[MODEL].customers >= gates.min_segment_customers
    ]
    for kind, gate, forgiven in told:
        mean, low, high = service.difference(group=kind)
        _, _, best_case = service.difference(forgiven, kind)
        missed = best_case < 0
        where = "" if kind is None else f" of segment {kind}"
        yield Check(
            gate,
            not missed,
            f"recall@20{where} differs from the release in service by {mean:+.3f} [{low:+.3f}, {high:+.3f}], "
            f"{_but(missed)}gates.{gate} forgives a loss of {forgiven:.0%}",
        )


def _but(missed: bool) -> str:
    return "but " if missed else ""
