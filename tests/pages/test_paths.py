"""A file or folder of the project that a page names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT

OURS = "isthmus|infra|training|serving|rehearsal|tests|stacks|docs"
NAMED = re.compile(rf"[`(]((?:{OURS})/[\w{{}},-]+[./](?!STACK)[\w./{{}},-]*)[`)]")
"""An image (`isthmus/training`) is no path of the tree, and STACK stands for any stack."""


def named(text: str) -> list[str]:
    """Paths in backticks and links, those in braces one by one."""
    found = []
    for path in NAMED.findall(text):
        before, _, rest = path.partition("{")
        inside, _, after = rest.partition("}")
        found += [before + part + after for part in inside.split(",")] if rest else [path]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    missing = [path for path in named(page.read_text()) if not (ROOT / path).exists()]
    assert not missing


def test_paths_are_found() -> None:
    text = "`infra/aws/{access,roles}.py` [a](docs/serving.md) `release/` `training/fit/` `isthmus/training`"
    assert named(text) == ["infra/aws/access.py", "infra/aws/roles.py", "docs/serving.md", "training/fit/"]
