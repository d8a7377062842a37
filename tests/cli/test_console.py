"""Tables on any terminal and in pipes: every cell is whole."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isthmus.cli.console import print_json, print_table

_NAME = st.from_regex(r"[a-z0-9]{1,12}([-/:.][a-z0-9]{1,12}){0,8}", fullmatch=True)
_DIGEST = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
_CELL = _NAME | _DIGEST | st.just("")
_PROSE = st.lists(_NAME, max_size=30).map(" ".join)


# Not shrunk: that takes minutes, and the first case says enough.
@settings(max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.lists(st.tuples(_CELL, _CELL, _CELL, _PROSE), min_size=1, max_size=6),
    st.integers(20, 200),
    st.booleans(),
    st.sampled_from(["left", "right"]),
)
def test_no_name_is_cut_or_broken_however_narrow(
    rows: list[tuple[str, str, str, str]], width: int, terminal: bool, justify: str
) -> None:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, color_system=None, emoji=False)
    table = Table(box=None, pad_edge=False)
    for title in ("one", "two", "three", "last"):
        table.add_column(title, justify="right" if justify == "right" else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    print_table(table, console)

    output = file.getvalue()
    assert "…" not in output
    lines = output.splitlines()
    assert all(line == line.rstrip() for line in lines)
    for row in rows:
        for word in " ".join(row).split():
            assert any(word in re.split(r"\s+", line) for line in lines), word
    if not terminal:
        assert len(lines) == 1 + len(rows), "a row of a pipe is one line, for grep"
    elif max(len(line) for line in lines) > width:
        # Wider than the terminal only where no break between words would have helped.
        needed = sum(max(len(row[n]) for row in [*rows, ("one", "two", "three", "last")]) for n in range(3))
        words = [word for row in rows for word in row[3].split()]
        assert needed + 3 * len("  ") + max(map(len, [*words, "last"])) > width


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"value": float("nan"), "more": [1.5, float("inf")], "text": "Käse …"})
    assert (
        capsys.readouterr().out
        == '{\n  "value": null,\n  "more": [\n    1.5,\n    null\n  ],\n  "text": "Käse …"\n}\n'
    )
