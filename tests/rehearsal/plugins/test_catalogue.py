from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.home import project_root
from rehearsal.plugins.aws.types import ROWS as AWS_ROWS
from rehearsal.plugins.catalogue import DOCUMENT, tables, with_tables
from rehearsal.plugins.openstack.rows import ROWS as OPENSTACK_ROWS


def test_the_document_is_current() -> None:
    document = (project_root(Path(__file__).parent) / DOCUMENT).read_text(encoding="utf-8")
    assert with_tables(document) == document, "run python -m rehearsal.plugins.catalogue"


def test_every_row_is_in_a_table() -> None:
    shown = tables()
    for token in (*AWS_ROWS, *OPENSTACK_ROWS):
        package, module, name = token.split(":")
        assert f"`{package}.{module.split('/')[0]}.{name}`" in shown


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="must hold the lines"):
        with_tables("# The rehearsal")
