"""Gates: what a release must reach before it is signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from training.settings import Gates
from training.validation.baselines import POPULAR
from training.validation.holdout import ALL, MODEL, NEW, Evaluation, best_baseline

RECALL, NOTHING = "recall@20", "nothing"


@dataclass(frozen=True)
class Check:
    """One gate at one place: what was measured, what is asked for, and against whom.

    Attributes:
        gate: its setting, under ``training.gates``.
        setting: the value of that setting.
        measured: the name of the measure, such as recall@20.
        of: what it is measured on: all products, new products, or a segment.
        value: what was measured.
        bar: the least that is asked for.
        reached: the value as text, with its interval where the gate looks at one.
        asked: the bar as text.
        against: the baseline, the segment or the release that the bar comes from; empty for a plain number.
        passed: whether the gate lets the release through.
        off: whether the setting asks for nothing.
    """

    gate: str
    setting: float
    measured: str
    of: str
    value: float
    bar: float
    reached: str
    asked: str
    against: str
    passed: bool
    off: bool = False

    @property
    def verdict(self) -> str:
        """``passed``, ``missed``, or ``off``."""
        return "off" if self.off else "passed" if self.passed else "missed"

    @property
    def sentence(self) -> str:
        """What was reached and what is asked for."""
        against = f" ({self.against})" if self.against else ""
        return (
            f"{self.measured} of {self.of} is {self.reached}, {'' if self.passed else 'but '}"
            f"gates.{self.gate} {self.setting:g} asks for {self.asked}{against}"
        )


def refusals(checks: Iterable[Check]) -> list[str]:
    """Why a release is refused, one sentence per gate that it missed; nothing when it may be served."""
    return [check.sentence for check in checks if not check.passed]


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
        gate="min_customers",
        setting=gates.min_customers,
        measured="customers",
        of="the held-back days",
        value=model.customers,
        bar=gates.min_customers,
        reached=str(model.customers),
        asked=f"at least {gates.min_customers}",
        against="",
        passed=model.customers >= gates.min_customers,
    )
    yield Check(
        gate="min_coverage",
        setting=gates.min_coverage,
        measured="coverage",
        of=ALL,
        value=model.coverage,
        bar=gates.min_coverage,
        reached=f"{model.coverage:.1%}",
        asked=f"at least {gates.min_coverage:.1%}" if gates.min_coverage else NOTHING,
        against="",
        passed=model.coverage >= gates.min_coverage,
        off=not gates.min_coverage,
    )


def _recall(gate: str, ratio: float, measured_on: str, value: float, against: str, other: float) -> Check:
    return Check(
        gate=gate,
        setting=ratio,
        measured=RECALL,
        of=measured_on,
        value=value,
        bar=other * ratio,
        reached=f"{value:.3f}",
        asked=f"at least {other * ratio:.3f}" if ratio else NOTHING,
        against=f"{against}: {other:.3f}",
        passed=value >= other * ratio,
        off=not ratio,
    )


def _baselines(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    bars = [(ALL, POPULAR, "min_recall_ratio_to_popularity", gates.min_recall_ratio_to_popularity)]
    for protocol in (ALL, NEW):
        if protocol in evaluation.table[MODEL]:
            name, _ = evaluation.best_baseline(protocol)
            ratio = gates.min_recall_ratio_to_best_baseline
            bars.append((protocol, name, "min_recall_ratio_to_best_baseline", ratio))
    for protocol, name, gate, ratio in bars:
        recall, other = evaluation.table[MODEL][protocol].recall, evaluation.table[name][protocol].recall
        yield _recall(gate, ratio, protocol, recall, name, other)


def _segments(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    judged = {
        kind: rows
        for kind, rows in evaluation.segments.items()
        if rows[MODEL].customers >= gates.min_segment_customers
    }
    found = {kind: rows[MODEL].recall for kind, rows in judged.items()}
    if len(found) > 1:
        worst, best = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
        yield _recall(
            "min_segment_recall_ratio",
            gates.min_segment_recall_ratio,
            f"segment {worst}",
            found[worst],
            f"segment {best}",
            found[best],
        )
    ratio = gates.min_segment_recall_ratio_to_best_baseline
    for kind, rows in judged.items():
        name, baseline = best_baseline(rows)
        gate = "min_segment_recall_ratio_to_best_baseline"
        yield _recall(gate, ratio, f"segment {kind}", found[kind], name, baseline.recall)


def _service(evaluation: Evaluation, gates: Gates) -> Iterator[Check]:
    service = evaluation.service
    if service is None:
        return
    bars: list[tuple[str | None, str, float]] = [
        (None, "max_recall_loss_to_service", gates.max_recall_loss_to_service)
    ]
    bars += [
        (kind, "max_segment_loss_to_service", gates.max_segment_loss_to_service)
        for kind, rows in evaluation.segments.items()
        if kind in service.groups and rows[MODEL].customers >= gates.min_segment_customers
    ]
    for kind, gate, forgiven in bars:
        mean, low, high = service.difference(group=kind)
        _, _, best_case = service.difference(forgiven, kind)
        least = -service.forgiven(forgiven, kind)
        yield Check(
            gate=gate,
            setting=forgiven,
            measured=f"gain in {RECALL}",
            of=ALL if kind is None else f"segment {kind}",
            value=mean,
            bar=least,
            reached=f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]",
            asked=NOTHING if forgiven == 1 else f"loss of at most {-least:.3f}",
            against=f"in service: {service.forgiven(1.0, kind):.3f}",
            passed=best_case >= 0,
            off=forgiven == 1,
        )
