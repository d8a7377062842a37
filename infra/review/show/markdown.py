"""A verdict as the comment of a pull request: what matters first, the rest folded, never above the limit.

What others wrote (names, values, reasons) stands in code spans or is escaped: no markup, no mention, no link
comes of it. GitHub takes 65,536 characters of a comment; bytes are counted here, which are never fewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from infra.review.cost.bill import hourly
from infra.review.cost.charge import Range
from infra.review.finding import Finding
from infra.review.show.summary import VERB, counts, dangers, headline, money, notes
from infra.review.verdict import Judged, Moved, Verdict

MOST_BYTES: Final = 65_536
_ROWS: Final = (400, 200, 100, 50, 20, 8, 3, 0)
"""How many rows of each table are tried, until it fits."""
_OPEN: Final = 12
"""Lines outside of what is folded, of each kind."""
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]|~]|^[-+#>])")


def marker(stack: str) -> str:
    """The hidden first line by which a later run finds the comment and edits it."""
    return f"<!-- isthmus-review: {re.sub(r'[^A-Za-z0-9._-]', '_', stack)[:100]} -->"


def markdown(verdict: Verdict) -> str:
    """The comment; where it would be too long, tables end early and say so."""
    for rows in _ROWS:
        text = "\n".join((marker(verdict.stack), *_lines(verdict, rows))) + "\n"
        if len(text.encode()) <= MOST_BYTES:
            return text
    # Nothing but one name of a hostile preview could get here.
    rest = "The rest is too long for a comment."
    return f"{marker(verdict.stack)}\n## isthmus review: {headline(verdict)}\n\n{rest}\n"


def escaped(text: str) -> str:
    """A text that means nothing to Markdown, on one line."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    plain = plain.replace("&", "&amp;").replace("<", "&lt;")
    plain = _SPECIAL.sub(r"\\\1", plain).replace("@", "&#64;").replace("://", "&#58;//")
    return re.sub(r"\bwww\.", "www&#46;", plain)


def code(text: str) -> str:
    """A text as a code span, also inside of a table."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    plain = (plain if len(plain) <= 160 else f"{plain[:157]}...").replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", plain)), default=0) + 1)
    pad = " " if "`" in plain else ""
    return f"{fence}{pad}{plain}{pad}{fence}" if plain else ""


def _lines(verdict: Verdict, rows: int) -> Iterator[str]:
    yield f"## isthmus review of {code(verdict.stack)}: {headline(verdict)}"
    yield ""
    yield f"Against {code(verdict.against)}: {counts(verdict)}."
    yield ""
    yield from _costs(verdict)
    yield from _bullets("**What it means**", [_inline(each) for each in dangers(verdict)])
    refusing = tuple(each for each in verdict.findings if each.refuses)
    told = tuple(each for each in verdict.findings if not each.refuses and not each.stood)
    stood = tuple(each for each in verdict.findings if each.stood)
    if refusing:
        yield from ("", f"**Refused by policy: {_count(len(refusing), 'finding')}**", "")
        yield from _findings(refusing, rows)
    yield from _budgets(verdict)
    yield from _folded(f"What differs: {_count(len(verdict.judged), 'resource')}", _changes(verdict, rows))
    yield from _folded(f"Policy, told only: {_count(len(told), 'finding')}", _findings(told, rows))
    title = f"Policy, stood before this change, which is not refused for it: {_count(len(stood), 'finding')}"
    yield from _folded(title, _findings(stood, rows))
    yield from _folded("Cost by component", _components(verdict, rows))
    yield from _folded("Cost by purpose, and what it is reckoned with", _purposes(verdict))
    unpriced = len(verdict.cost.after.unpriced)
    yield from _folded(f"Unpriced, in no figure: {_count(unpriced, 'part')}", _unpriced(verdict, rows))
    yield from _folded(f"Settings that differ: {len(verdict.written.settings)}", _settings(verdict, rows))
    yield from _folded("Notes", [f"- {_inline(each)}" for each in notes(verdict)])
    yield ""
    yield (
        "<sub>Two desired states compared, with no credentials and no cloud asked. Figures: likely (at least "
        "to at most), by list prices with their day and source; docs/review.md and docs/cost.md tell how "
        "each comes about.</sub>"
    )


def _costs(verdict: Verdict) -> Iterator[str]:
    yield "| USD a month | before | after | change |"
    yield "|---|---:|---:|---:|"
    for site, moved in verdict.by_site.items():
        yield f"| {code(site)} {_moved(moved)}"
    yield f"| **total** {_moved(verdict.total)}"


def _moved(moved: Moved) -> str:
    change = money(moved.by.expected, signed=True)
    return f"| {_range(moved.before)} | {_range(moved.after)} | **{change}** |"


def _range(amount: Range) -> str:
    if amount.low == amount.high:
        return money(amount.expected)
    return f"{money(amount.expected)} ({money(amount.low)} to {money(amount.high)})"


def _findings(findings: tuple[Finding, ...], rows: int) -> list[str]:
    shown = findings[:rows]
    lines = ["| severity | rule | resource | why, and what to do | where |", "|---|---|---|---|---|"]
    for each in shown:
        name = each.urn.rsplit("::", 1)[-1]
        where = f"{each.file}:{each.line}" if each.line else each.file
        about = f"{escaped(each.reason)} **To do**: {escaped(each.remedy)}"
        lines.append(f"| {each.severity} | {code(each.rule)} | {code(name)} | {about} | {code(where)} |")
    return [*lines, *_more(len(findings) - len(shown))] if findings else []


def _budgets(verdict: Verdict) -> Iterator[str]:
    for over in verdict.overruns:
        yield ""
        yield (
            f"**Budget of {code(over.what)} ({code(over.key)}): {money(over.after)} USD a month are likely, "
            f"and {money(over.limit)} are allowed**"
        )
        yield ""
        for share in over.largest:
            yield f"- {code(share.name)} adds {money(share.usd)}"
        for way in over.alternatives:
            enough = "the budget holds with it" if way.enough else "the budget is still passed"
            yield f"- instead: {escaped(way.what)} saves {money(way.saves)}; {enough}"
        if not over.alternatives:
            yield "- nothing in the catalogue keeps the capacity for less"


def _changes(verdict: Verdict, rows: int) -> list[str]:
    shown = verdict.judged[:rows]
    lines = ["| | resource | what differs | USD a month | from |", "|---|---|---|---:|---|"]
    lines += [_row(each) for each in shown]
    return [*lines, *_more(len(verdict.judged) - len(shown))] if verdict.judged else []


def _row(judged: Judged) -> str:
    change = judged.change
    parts = [f"{code(each.path)} {_values(each.before, each.after)}" for each in change.properties[:4]]
    if len(change.properties) > 4:
        parts.append(f"and {len(change.properties) - 4} more inputs")
    if change.forced_by:
        parts.append(f"**replaced for** {', '.join(map(code, change.forced_by[:3]))}")
    if change.goes_with:
        parts.append(f"goes with {code(change.goes_with.rsplit('::', 1)[-1])}")
    if change.like:
        parts.append(f"the like of {code(change.like.rsplit('::', 1)[-1])}, which is deleted")
    if change.known_by:
        parts.append(f"<sub>by {escaped(change.known_by)}</sub>")
    if judged.cause.settings:
        cause = "<br>".join(f"{code(each.key)} {code(str(each.place))}" for each in judged.cause.settings)
    else:
        cause = code(str(judged.cause.place or ""))
    kind = f"**{VERB[change.kind]}**" if change.goes else VERB[change.kind]
    name = f"{code(change.resource.name)}<br><sub>{code(change.resource.type)}</sub>"
    return (
        f"| {kind} | {name} | {'<br>'.join(parts)} | {money(judged.cost.expected, signed=True)} | {cause} |"
    )


def _values(before: str, after: str) -> str:
    if before == after:
        return ""
    return f"{code(before) or 'absent'} → {code(after) or 'absent'}"


def _components(verdict: Verdict, rows: int) -> list[str]:
    moved = [(name, each) for name, each in verdict.by_component.items() if each.by.expected or each.by.high]
    lines = ["| component | before | after | change |", "|---|---:|---:|---:|"]
    lines += [f"| {code(name)} {_moved(each)}" for name, each in moved[:rows]]
    return [*lines, *_more(len(moved) - len(moved[:rows]))] if moved else []


def _purposes(verdict: Verdict) -> list[str]:
    lines = ["| purpose | before | after | change |", "|---|---:|---:|---:|"]
    lines += [f"| {code(name)} {_moved(each)}" for name, each in verdict.by_purpose.items()]
    an_hour = hourly(verdict.total.after)
    reckoned = ", ".join(f"{key} {value:,.10g}" for key, value in verdict.cost.usage.model_dump().items())
    return [
        *lines,
        "",
        f"USD an hour after the change: {an_hour.expected:,.4f} ({an_hour.low:,.4f} to {an_hour.high:,.4f}).",
        f"By `cost.usage` of the stack file: {escaped(reckoned)}.",
    ]


def _unpriced(verdict: Verdict, rows: int) -> list[str]:
    found = verdict.cost.after.unpriced
    lines = ["| resource | what | why |", "|---|---|---|"]
    for each in found[:rows]:
        name = f"{code(each.resource.name)}<br><sub>{code(each.resource.type)}</sub>"
        lines.append(f"| {name} | {escaped(each.what)} | {escaped(each.reason)} |")
    return [*lines, *_more(len(found) - len(found[:rows]))] if found else []


def _settings(verdict: Verdict, rows: int) -> list[str]:
    settings = verdict.written.settings
    lines = [
        f"- {code(each.key)} {_values(each.before, each.after)} in {code(str(each.place))}"
        for each in settings[:rows]
    ]
    return [*lines, *_more(len(settings) - len(lines))]


def _bullets(title: str, told: list[str]) -> Iterator[str]:
    if not told:
        return
    yield ""
    yield title
    yield ""
    yield from (f"- {each}" for each in told[:_OPEN])
    yield from _more(len(told) - _OPEN)


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    inner = list(lines)
    if inner:
        yield from ("", f"<details><summary>{title}</summary>", "", *inner, "", "</details>")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _more(count: int) -> list[str]:
    return ["", f"and {count} more, in the JSON and on the page of this review"] if count > 0 else []


def _inline(sentence: str) -> str:
    """A sentence with its own code spans, the rest of it escaped."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return escaped(sentence)
    return "".join(
        escaped_keeping(part) if index % 2 == 0 else code(part) for index, part in enumerate(parts)
    )


def escaped_keeping(text: str) -> str:
    """As ``escaped``, with the blanks at both ends."""
    return f"{' ' * text.startswith(' ')}{escaped(text)}{' ' * text.endswith(' ')}" if text.strip() else text
