"""Read the JSON of ``pulumi preview --json --show-sames``, of this program or another, into resources.

What is read was written by others: its size, shape and texts are checked, and nothing in it is trusted.
The shape is ``PreviewDigest`` of the engine (pulumi/pulumi sdk/go/common/display/json.go, v3.259.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.review.errors import CannotJudge
from infra.review.resource import OPERATIONS, Place, Resource

MOST_BYTES: Final = 40 * 2**20
"""Seven times what the preview of a thousand resources takes."""
_HOW: Final = "give the output of `pulumi preview --json --show-sames`"
_STACK: Final = "pulumi:pulumi:Stack"
_PROJECT: Final = "project:///"
_ELSEWHERE: Final = re.compile(r"^(\.\./|rehearsal/engine/)|(^|/)(\.venv|venv|site-packages|node_modules)/")
"""Not of the program: what lies outside, libraries, and the rehearsal's way to start it."""


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Frame(_Read):
    position: str = Field(default="", alias="sourcePosition")


class _State(_Read):
    urn: str = Field(pattern=r"^urn:pulumi:[^:]+::.+::.+$", max_length=4096)
    type: str = Field(min_length=1, max_length=512)
    custom: bool = False
    parent: str = ""
    provider: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    depends: dict[str, list[str] | None] = Field(default_factory=dict, alias="propertyDependencies")
    waits_for: list[str] = Field(default_factory=list, alias="dependencies")
    protect: bool = False
    retain: bool = Field(default=False, alias="retainOnDelete")
    aliases: list[str] = Field(default_factory=list)
    replace_with: list[str] = Field(default_factory=list, alias="replaceWith")
    replace_for: list[str] = Field(default_factory=list, alias="replaceOnChanges")
    ignored: list[str] = Field(default_factory=list, alias="ignoreChanges")
    delete_first: bool = Field(default=False, alias="deleteBeforeReplace")
    position: str = Field(default="", alias="sourcePosition")
    trace: list[_Frame] = Field(default_factory=list, alias="stackTrace")


class _Step(_Read):
    op: str
    urn: str
    new: _State | None = Field(default=None, alias="newState")
    old: _State | None = Field(default=None, alias="oldState")
    changed: list[str] | None = Field(default=None, alias="diffReasons")
    replaced_for: list[str] | None = Field(default=None, alias="replaceReasons")


class _Diagnostic(_Read):
    severity: str = ""
    message: str = ""


class _Digest(_Read):
    steps: list[_Step]
    config: dict[str, str] = Field(default_factory=dict)
    diagnostics: list[_Diagnostic] = Field(default_factory=list)
    summary: dict[str, int] = Field(default_factory=dict, alias="changeSummary")


@dataclass(frozen=True)
class Reasons:
    """Inputs that the engine names: those that differ, and those of them that replace the resource."""

    changed: tuple[str, ...] = ()
    replaced_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What stands before a change and after it, by URN, and the plain configuration of the stack."""

    stack: str
    before: Mapping[str, Resource]
    after: Mapping[str, Resource]
    config: Mapping[str, str]
    reasons: Mapping[str, Reasons] = field(default_factory=dict)
    refreshed: bool = False
    """Whether it is the preview of a refresh: the clouds were asked, and no program was run."""

    def ancestors(self, resource: Resource) -> Iterator[Resource]:
        """The components that a resource stands in, the innermost first."""
        seen = {resource.urn}
        while (urn := resource.parent) and urn not in seen:
            seen.add(urn)
            above = self.after.get(urn) or self.before.get(urn)
            if above is None or above.type == _STACK:
                return
            yield above
            resource = above


def read_file(path: Path) -> Preview:
    """Read a preview from a file.

    Raises:
        CannotJudge: it is no preview, or too large to be one.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CannotJudge(
                f"{path} has {path.stat().st_size / 2**20:.0f} MiB, and a preview of at most "
                f"{MOST_BYTES // 2**20} MiB is read; {_HOW}"
            )
        content = path.read_bytes()
    except OSError as error:
        raise CannotJudge(f"{path} cannot be read ({error.strerror}); {_HOW}") from None
    return read(content, str(path))


def read(content: bytes | str, source: str) -> Preview:
    """Read a preview; ``source`` is what errors call it.

    Raises:
        CannotJudge: it is no preview, or one that failed.
    """
    if len(content) > MOST_BYTES:
        raise CannotJudge(f"{source} is larger than the {MOST_BYTES // 2**20} MiB that are read; {_HOW}")
    try:
        # json.loads takes NaN for a number and any depth; neither is JSON that the engine writes.
        digest = _Digest.model_validate(json.loads(content, parse_constant=_no_number))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "its top"
        raise CannotJudge(
            f"{source} is no preview that can be judged: {where}: {first['msg']}; {_HOW}"
        ) from None
    except (ValueError, RecursionError):
        raise CannotJudge(f"{source} is no JSON; {_HOW}") from None
    for diagnostic in digest.diagnostics:
        if diagnostic.severity == "error":
            raise CannotJudge(
                f"{source} is a preview that failed ({' '.join(diagnostic.message.split())[:200]}); "
                "mend the program and preview again"
            )
    _refuse_gaps(digest, source)
    return _preview(digest, source)


def _refuse_gaps(digest: _Digest, source: str) -> None:
    """Without ``--show-sames`` the engine counts what stays as it is, and does not tell of it."""
    told = sum(step.op == "same" for step in digest.steps)
    counted = digest.summary.get("same", 0)
    if told < counted and not any(step.op == "refresh" for step in digest.steps):
        raise CannotJudge(
            f"{source} leaves out {counted - told} resources that stay as they are, so that no bill and no "
            f"rule would be about the whole; {_HOW}"
        )


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _preview(digest: _Digest, source: str) -> Preview:
    before: dict[str, Resource] = {}
    after: dict[str, Resource] = {}
    reasons: dict[str, Reasons] = {}
    for step in digest.steps:
        operation = OPERATIONS.get(step.op)
        if operation is None:
            raise CannotJudge(
                f"{source} has a step {step.op[:40]!r}, which no engine up to 3.259.0 takes; {_HOW}"
            )
        if step.new is None and step.old is None:
            raise CannotJudge(f"{source} says of {step.urn[:200]!r} neither newState nor oldState; {_HOW}")
        if operation == "read":
            # What a program only looks up stands whatever this stack does.
            continue
        # A replacement has up to three steps, of which each tells one side or both.
        if step.old is not None and operation != "create":
            before[step.old.urn] = _resource(step.old, step.op)
        if step.new is not None and step.op not in ("delete", "delete-replaced"):
            after[step.new.urn] = _resource(step.new, step.op)
        if step.changed or step.replaced_for:
            reasons[step.urn] = Reasons(tuple(step.changed or ()), tuple(step.replaced_for or ()))
    if not after and not before:
        raise CannotJudge(f"{source} has no resource in it; {_HOW}")
    stack = next(iter(after or before)).split(":")[2]
    refreshed = any(step.op == "refresh" for step in digest.steps)
    return Preview(stack, before, after, digest.config, reasons, refreshed)


def _resource(state: _State, op: str) -> Resource:
    return Resource(
        urn=state.urn,
        type=state.type,
        operation=OPERATIONS[op],
        custom=state.custom,
        parent=state.parent,
        # The engine adds "::" and the provider's id.
        provider=state.provider.rpartition("::")[0],
        inputs=state.inputs,
        depends={key: tuple(urns or ()) for key, urns in state.depends.items()},
        waits_for=tuple(state.waits_for),
        protected=state.protect,
        retained=state.retain,
        aliases=tuple(state.aliases),
        replaced_with=tuple(state.replace_with),
        replaced_for=tuple(state.replace_for),
        ignored=tuple(state.ignored),
        deleted_first=state.delete_first,
        places=_places([state.position, *(frame.position for frame in state.trace)]),
    )


def _places(positions: Iterable[str]) -> tuple[Place, ...]:
    """Lines of the program itself: none of its libraries, nor of a file elsewhere."""
    found = []
    for position in positions:
        file, _, line = position.removeprefix(_PROJECT).partition("#")
        line = line.partition(",")[0]
        own = position.startswith(_PROJECT) and not _ELSEWHERE.search(file)
        if own and line.isascii() and line.isdigit() and len(line) < 9:
            found.append(Place(file, int(line)))
    return tuple(dict.fromkeys(found))
