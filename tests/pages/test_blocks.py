"""Every command that a page shows is run, or the page says why it is not."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT
from tests.pages.blocks import Block, blocks, run, script

ALL = [block for page in PAGES for block in blocks(page.name, page.read_text())]


@pytest.mark.parametrize(
    "block", [one for one in ALL if one.must_be_marked], ids=lambda one: f"{one.page}:{one.line}"
)
def test_a_block_of_commands_says_whether_it_is_run(block: Block) -> None:
    assert block.marked_well, (
        "write <!-- run -->, <!-- run long: WHY --> or <!-- not run: WHY --> on the line before"
    )


def test_a_mark_stands_before_a_block() -> None:
    marks = sum(
        len(re.findall(r"^<!-- (?:run|not run)\b.*-->$", page.read_text(), re.MULTILINE)) for page in PAGES
    )
    assert marks == sum(block.what is not None for block in ALL)


def test_the_pages_show_what_is_run() -> None:
    ran = [block for block in ALL if block.what == "run"]
    assert {"README.md", "serving.md"} <= {block.page for block in ran}
    assert any(block.language == "python" and "Recommender(" in block.text for block in ran)


PAGE = """
<!-- run -->
```sh
echo one; NAME=two
export NAME
```

<!-- run -->
```python
import os
print(os.environ["NAME"])
```

```sh
isthmus preview prod
```

    isthmus settings check

<!-- not run -->
```sh
echo three
```

```yaml
config:
```
"""


def test_blocks_run_in_one_shell_and_stop_at_the_first_that_fails(tmp_path: Path) -> None:
    first, second, unmarked, indented, no_reason, yaml = blocks("page", PAGE)
    output = run([first, second], tmp_path, os.environ)
    assert output.splitlines() == ["== page, line 3", "one", "== page, line 9", "two"]
    with pytest.raises(AssertionError, match="KeyError"):
        run([second], tmp_path, {"PATH": os.environ["PATH"]})
    assert "PROGRAM" in script([second])
    assert [block.must_be_marked for block in (unmarked, indented, no_reason, yaml)] == [
        True,
        True,
        True,
        False,
    ]
    assert not any(block.marked_well for block in (unmarked, indented, no_reason))
    assert first.marked_well


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_blocks_that_train_run_in_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "data").symlink_to(ROOT / "data")
    some = [block for block in ALL if block.what == "run long"]
    assert some
    run(some, tmp_path, os.environ)
