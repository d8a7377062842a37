"""The tables of ``docs/rehearsal.md``, from the plugins' own tables: what is documented is what is there.

``python -m rehearsal.plugins.catalogue`` writes them into the document; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rehearsal.cluster import images
from rehearsal.home import project_root
from rehearsal.plugins.aws.functions import FUNCTIONS as AWS_FUNCTIONS
from rehearsal.plugins.aws.types import ROWS as AWS_ROWS
from rehearsal.plugins.aws.types import recorded_types
from rehearsal.plugins.kubernetes.rows import RELEASE_NOTE
from rehearsal.plugins.kubernetes.rows import ROWS as KUBERNETES_ROWS
from rehearsal.plugins.openstack.rows import ROWS as OPENSTACK_ROWS
from rehearsal.plugins.openstack.services.functions import FUNCTIONS as OPENSTACK_FUNCTIONS

DOCUMENT = Path("docs/rehearsal.md")
BEGIN = "<!-- types: begin (make them anew with `python -m rehearsal.plugins.catalogue`) -->"
END = "<!-- types: end -->"


def tables() -> str:
    """All tables, Markdown, with a heading of the third level each."""
    sections = {
        f"AWS: {len(AWS_ROWS)} types": _table(("Type", "Service", "Stand-in"), _aws()),
        f"OpenStack: {len(OPENSTACK_ROWS)} types": _table(
            ("Type", "Service, real", "A change replaces, of"), _openstack()
        ),
        "Kubernetes: what is not a cluster's own": _table(("What", "In a rehearsal"), _kubernetes()),
        "Data sources": _table(("Function", "Answered by"), _functions()),
    }
    return "\n\n".join(f"### {heading}\n\n{table}" for heading, table in sections.items())


def with_tables(document: str) -> str:
    """The document with its tables replaced by the present ones. Raises ValueError without the two marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT} must hold the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def _aws() -> Iterable[Sequence[str]]:
    recorded = recorded_types()
    for token, row in sorted(AWS_ROWS.items()):
        part = recorded.get(token, "")
        stand_in = "recorded" if part == "all of it" else f"moto; recorded: {part}" if part else "moto"
        yield _code(token), row.service, stand_in


def _openstack() -> Iterable[Sequence[str]]:
    for token, row in sorted(OPENSTACK_ROWS.items()):
        fields = len(row.arguments.model_fields)
        count = "every field" if len(row.forces) == fields else f"{len(row.forces)} of {fields} fields"
        yield _code(token), row.service, count


def _kubernetes() -> Iterable[Sequence[str]]:
    for row in KUBERNETES_ROWS.values():
        if row.note:
            yield f"`{row.kind}`", row.note
    yield "`Release` of a chart", RELEASE_NOTE
    for image in (*images.OWN, images.TRITON, images.ENVOY):
        yield f"image `{image}`", images.stands_in(image)
    yield "any other image", "not run: its pods stay Pending"


def _functions() -> Iterable[Sequence[str]]:
    for token in sorted(AWS_FUNCTIONS):
        yield _code(token), "the plugin, or moto where it holds the answer"
    for token in sorted(OPENSTACK_FUNCTIONS):
        yield _code(token), "the real service; in a preview without it, as declared"


def _code(token: str) -> str:
    package, module, name = token.split(":")
    return f"`{package}.{module.split('/')[0]}.{name}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Write the tables into the document."""
    path = project_root() / DOCUMENT
    path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
