"""The page docs/changes.md, made from the table of changes."""

from __future__ import annotations

from pathlib import Path

from infra.settings.changes.table import CHANGES
from infra.settings.model import Sections

FILE = Path(__file__).parents[3] / "docs" / "changes.md"
HEAD = """\
# What a change does

Made from the table in `infra/settings/changes` by `isthmus settings schema`: do not edit it by hand.

Each setting, on an estate that stands: what its change does, and what that means for whoever uses the
estate. Tests play every row with the real engine and the stand-ins: changed, settled, changed back (`make
long`; most rows in `make test`), and again while a third of all operations fail once (`make standing`; a few
rows fail and are taken back in `make test`). `NAME` stands for a name that you chose.

- **in place**: what stands is altered; nothing named here goes.
- **made again**: replaced. Where both can stand at once the new one comes first.
- **added or removed**: no more than that.
- **refused**: by `isthmus settings check`, `pulumi preview` and `pulumi up`, before anything is registered.
- **nothing**: no cloud sees it.

The program knows what stands from the stack's own output `standing`. Where a change moves data or takes a
part of a site down for a while (⚠), `pulumi preview` and `pulumi up` say so before they begin, with the
old and the new value. `isthmus settings check local` looks at the rehearsal itself; for another stack,
tell it what stands:

<!-- not run: prod stands nowhere yet; tests/rehearsal/standing plays the changes -->
```sh
pulumi stack output --json -s prod > standing.json
isthmus settings check prod --standing standing.json
```

An up that failed or was killed on the way is mended by the next one, with the new value or with the old one.
"""


def text() -> str:
    """The page as it stands in ``docs/changes.md``."""
    lines = [HEAD]
    for section in Sections.model_fields:
        lines += [f"\n## isthmus:{section}\n", "| key | a change | |", "|---|---|---|"]
        for key, row in CHANGES.items():
            if key.partition(".")[0] == section:
                note = f"{'⚠ ' if row.warns else ''}{row.note}"
                lines.append(f"| `{key}` | {row} | {note} |")
    return "\n".join(lines) + "\n"
