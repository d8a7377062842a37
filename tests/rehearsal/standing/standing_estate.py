"""The estate that stands, its settings to be changed, and what the engine says that a change does."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rehearsal import sandbox
from rehearsal.drills.holdings import compare, declared_objects, objects
from rehearsal.engine.result import Result
from rehearsal.estate import Estate
from rehearsal.plugins.aws.inventory import inventory
from rehearsal.stack_copy import STACK
from tests.rehearsal.standing import faults
from tests.rehearsal.standing.plays import config

ROOT = Path(__file__).parents[3]
PROGRAM = "light"


@dataclass
class Told:
    """What one engine command did: the resources of each operation, by URN, and its warnings."""

    result: Result
    operations: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def changes(self) -> dict[str, set[str]]:
        """Everything but what is as it was."""
        return {op: urns for op, urns in self.operations.items() if op not in ("same", "read")}

    def types(self, *operations: str) -> set[str]:
        """Types of the resources of some operations."""
        return {_type(urn) for op in operations for urn in self.operations.get(op, ())}

    @property
    def replaced(self) -> set[str]:
        """Types of which a resource was replaced."""
        return self.types("replace", "create-replacement", "delete-replaced")

    @property
    def warnings(self) -> str:
        """What it warned of, but for a release that no estate of these tests has in its bucket."""
        told = [each.message for each in self.result.diagnostics if each.severity == "warning"]
        return "\n".join(each for each in told if not each.startswith("serving.release: the bucket "))

    def __str__(self) -> str:
        return "; ".join(
            f"{op}: {', '.join(sorted(urn.rpartition('::')[2] + ' ' + _type(urn) for urn in urns))}"
            for op, urns in sorted(self.changes.items())
        )


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


@dataclass
class Standing:
    """An estate that is up, and changed by its stack file."""

    estate: Estate
    before: Mapping[str, Any]
    written: Mapping[str, Any] = field(default_factory=dict)
    """What the stack file changes."""
    stands: Mapping[str, Any] | None = None
    """What the last up that ended well changed; None after one that did not."""

    @property
    def changed(self) -> bool:
        """Whether anything is not as it was at first."""
        return self.written != {} or self.stands != {}

    def write(self, changes: Mapping[str, Any]) -> None:
        """Let the stack file say what stands, with changes by key over it."""
        file = sandbox.stack_file(self.estate.project_dir)
        content = {**self.before, "config": {}}
        for section, values in config({**self._ports(), **changes}).items():
            content["config"][f"isthmus:{section}"] = values
        file.write_text(yaml.safe_dump(content, sort_keys=False))
        self.written = dict(changes)

    def _ports(self) -> dict[str, Any]:
        """This sandbox's own ports."""
        settings = {key.removeprefix("isthmus:"): value for key, value in self.before["config"].items()}
        return {
            "aws.endpoint_url": settings["aws"]["endpoint_url"],
            "openstack.auth_url": settings["openstack"]["auth_url"],
            "openstack.object_store_url": settings["openstack"]["object_store_url"],
            "training.base_port": settings["training"]["base_port"],
        }

    def run(self, command: str = "up", *, check: bool = True, arguments: tuple[str, ...] = ()) -> Told:
        """Run the engine once."""
        operations: dict[str, set[str]] = defaultdict(set)

        def note(event: Mapping[str, Any]) -> None:
            if metadata := (event.get("resourcePreEvent") or {}).get("metadata"):
                operations[metadata["op"]].add(metadata["urn"])

        if command == "up":
            self.stands = None
        # As `isthmus up` does, which has the services put in what the settings take for given of a cloud.
        with self.estate.given() if command == "up" else nullcontext():
            result = self.estate.engine.update(
                command, STACK, on_event=note, check=check, arguments=arguments
            )
        if command == "up":
            self.stands = self.written if result.status == 0 else None
        return Told(result, operations)

    def settled(self) -> None:
        """Nothing is left to do, and the clouds hold what the state says.

        Raises:
            AssertionError: it is not so.
        """
        again = self.run()
        assert not again.changes, f"an up without changes changed something: {again}"
        resources = self.estate.resources()
        left = [one["urn"] for one in resources if one.get("delete") or one.get("pendingReplacement")]
        assert not left, f"the state still holds what is to go: {left}"
        difference = compare(inventory(str(self.estate.settings.aws.endpoint_url)), resources)
        assert not difference, f"the stand-in for AWS holds something else than the state: {difference}"
        held, known = objects(self.estate.home), declared_objects(resources)
        assert held == known, (
            f"only in the clusters: {sorted(held - known)}, only in the state: {sorted(known - held)}"
        )

    def fail(self, seed: int, share: float) -> None:
        """One up that a fault may end."""
        faults.plan(self.estate.home, seed=seed, share=share)
        try:
            self.run(check=False)
        finally:
            faults.forget(self.estate.home)

    def through_faults(self, seed: int, share: float) -> None:
        """Up until it ends well, while each operation of a share of them fails once.

        It ends, as no operation fails twice; an up that fails without such a fault is an error.
        """
        faults.plan(self.estate.home, seed=seed, share=share)
        try:
            while (result := self.run(check=False).result).status != 0:
                messages = [error.message for error in result.errors()]
                met = [message for message in messages if faults.SAYS in message]
                other = set(messages) - {*met, "update failed", ""}
                assert met, f"an up failed without a fault that was made: {messages}\n{result.stdout}"
                assert not other, f"not the fault that was made: {other}\n{result.stdout}"
        finally:
            faults.forget(self.estate.home)


@contextmanager
def standing(
    folder: Path,
    *,
    faulty: bool = True,
    written: Mapping[str, Any] | None = None,
) -> Iterator[Standing]:
    """An estate that is up, of light containers, in a sandbox of its own; ``written``: settings by key."""
    with light(folder) as made:
        if faulty:
            _let_fail(made.estate)
        made.write(written or {})
        made.run()
        yield made


@contextmanager
def light(folder: Path) -> Iterator[Standing]:
    """An estate of light containers in a sandbox of its own, not up yet."""
    with sandbox.estate(folder, print, ROOT) as estate:
        (estate.project_dir / PROGRAM).symlink_to(Path(__file__).parent / PROGRAM)
        project = estate.project_dir / "Pulumi.yaml"
        project.write_text(re.sub(r"(?m)^main: .*$", f"main: {PROGRAM}", project.read_text()))
        yield Standing(estate, yaml.safe_load(sandbox.stack_file(estate.project_dir).read_text()))


def _let_fail(estate: Estate) -> None:
    """Put plugins that can be told to fail in the place of the stand-ins."""
    for name in ("aws", "openstack", "kubernetes"):
        (script,) = estate.home.pulumi_home.glob(f"plugins/resource-{name}-v*/pulumi-resource-{name}")
        script.write_text(
            f'#!/bin/sh\nexec {sys.executable} -P -m tests.rehearsal.standing.faults {name} "$@"\n'
        )
