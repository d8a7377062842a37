"""The one place that runs the engine for the CLI and the tests."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.engine import leftovers, process
from rehearsal.engine.errors import EngineError
from rehearsal.engine.events import EventLog
from rehearsal.engine.files import write_text
from rehearsal.engine.process import Completed, Line
from rehearsal.engine.result import Result, UpdateFailed
from rehearsal.home import Home

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Engine:
    """The engine of a rehearsal at work on one project.

    ``say`` gets one line about anything that was mended on the way. ``recover`` brings to an end what a
    killed engine left open in a stack; it gets the configuration file. Every method raises EngineError with
    one sentence, UpdateFailed where an update did not end well, and KeyboardInterrupt once the engine has
    ended after Ctrl-C.
    """

    home: Home
    project_dir: Path
    say: Line = lambda _: None
    recover: Callable[[Engine, str, Path | None], object] | None = None

    @property
    def project(self) -> str:
        """The name in the project's Pulumi.yaml."""
        file = self.project_dir / "Pulumi.yaml"
        found = (
            re.search(r"^name:\s*['\"]?([\w.-]+)", file.read_text(), re.MULTILINE) if file.is_file() else None
        )
        if found is None:
            raise EngineError(f"{file} names no project: run this in a clone of isthmus.")
        return found[1]

    def stacks(self) -> list[str]:
        """The stacks that this rehearsal's state holds."""
        return sorted(
            file.stem for file in (self.home.state / ".pulumi" / "stacks" / self.project).glob("*.json")
        )

    def stack_select_or_init(self, stack: str) -> bool:
        """Make sure that the state has the stack; True where it is new. Writes into no stack file."""
        if stack in self.stacks():
            return False
        # `stack init` writes an encryption salt into the stack file of the folder that it runs in.
        with self._scratch() as folder:
            self._quiet(["stack", "init", stack, "--no-select"], folder)
        return True

    def up(self, stack: str, **options: Any) -> Result:
        """Bring the stack to what the program says. Options as in ``update``."""
        return self.update("up", stack, **options)

    def preview(self, stack: str, **options: Any) -> Result:
        """What ``up`` would do. Options as in ``update``."""
        return self.update("preview", stack, **options)

    def refresh(self, stack: str, **options: Any) -> Result:
        """Take the clouds' word for what exists. Options as in ``update``."""
        return self.update("refresh", stack, **options)

    def drifted(self, stack: str, config_file: Path | None = None) -> str:
        """What a refresh would change in the state, as the JSON of its preview; nothing is changed."""
        line: list[str | Path] = ["refresh", "--stack", stack, "--preview-only", "--json"]
        if config_file is not None:
            line += ["--config-file", config_file]
        done = self._run(line, self.project_dir)
        if done.interrupted:
            raise KeyboardInterrupt
        if done.status != 0:
            last = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.status}").splitlines()[
                -1
            ]
            raise EngineError(f"The stack {stack} could not be refreshed: {last.removeprefix('error: ')}")
        return done.stdout

    def destroy(self, stack: str, **options: Any) -> Result:
        """Delete every resource of the stack. Options as in ``update``."""
        return self.update("destroy", stack, **options)

    def update(
        self,
        command: str,
        stack: str,
        *,
        config_file: Path | None = None,
        arguments: tuple[str, ...] = (),
        on_line: Line | None = None,
        on_event: Callable[[Event], None] | None = None,
        terminal: bool = False,
        check: bool = True,
    ) -> Result:
        """Run ``up``, ``preview``, ``refresh`` or ``destroy`` to its end.

        ``config_file`` stands in for the stack file (see ``derived``). ``on_line`` gets the engine's
        own output as it comes, ``on_event`` its events; with ``terminal`` the engine draws on our
        terminal itself. With ``check=False`` a failed result is returned, not raised.
        """
        self.stack_select_or_init(stack)
        if command != "preview":
            self.clear_leftovers(stack, config_file)
        result = Result(command, stack)
        started = time.monotonic()
        with EventLog.new(result, on_event) as log:
            line: list[str | Path] = [command, "--stack", stack, "--event-log", log.path, *arguments]
            if command != "preview":
                line += ["--yes", "--skip-preview"]
            if config_file is not None:
                line += ["--config-file", config_file]
            done = self._run(line, self.project_dir, on_line=on_line, meanwhile=log.read, terminal=terminal)
        result.seconds = time.monotonic() - started
        result.status, result.stdout, result.stderr = done.status, done.stdout, done.stderr
        if done.interrupted:
            raise KeyboardInterrupt
        if check and done.status != 0:
            raise UpdateFailed(result)
        return result

    def clear_leftovers(self, stack: str, config_file: Path | None = None) -> None:
        """Free the stack of the lock of a killed engine, and bring to an end what that left open."""
        self.free(stack)
        if self.recover and leftovers.has_pending_operations(self.home, self.project, stack):
            self.recover(self, stack, config_file)

    def free(self, stack: str) -> None:
        """Remove the lock of a killed engine."""
        held = leftovers.locks(self.home, self.project, stack)
        for lock in held:
            if lock.held:
                where = f"process {lock.pid}" if lock.here else f"process {lock.pid} on {lock.host}"
                raise EngineError(
                    f"The stack {stack} is in use by {where} since {lock.since:%H:%M:%S}: wait for it; "
                    "if it is gone for good, run `pulumi cancel` in `isthmus env`."
                )
        if held:
            self.cancel(stack)
            self.say(f"Removed the lock of an engine that was killed (process {held[0].pid}).")

    def cancel(self, stack: str) -> None:
        """Remove the lock of an update, whoever holds it."""
        with self._scratch() as folder:
            self._quiet(["cancel", "--yes", "--stack", stack], folder)

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment as the engine exports it; secrets stay encrypted unless asked for."""
        line = ["stack", "export", "--stack", stack, *(["--show-secrets"] if show_secrets else [])]
        with self._scratch() as folder:
            return dict(json.loads(self._quiet(line, folder).stdout))

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        """Make a deployment, as ``export`` gives it, the stack's own."""
        with self._scratch() as folder:
            self._quiet(["stack", "import", "--stack", stack, "--force"], folder, json.dumps(deployment))

    def outputs(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs; secret ones read ``[secret]`` unless asked for."""
        line = ["stack", "output", "--json", "--stack", stack, *(["--show-secrets"] if show_secrets else [])]
        with self._scratch() as folder:
            return dict(json.loads(self._quiet(line, folder).stdout))

    def output(self, stack: str, name: str, *, show_secrets: bool = False) -> Any:
        """One output. Raises EngineError where the stack has none of this name."""
        outputs = self.outputs(stack, show_secrets=show_secrets)
        if name not in outputs:
            raise EngineError(
                f"The stack {stack} has no output {name!r} (it has {', '.join(outputs) or 'none'}): "
                "bring it up first."
            )
        return outputs[name]

    def remove(self, stack: str) -> None:
        """Forget a stack that has no resources left, and its history. Its stack file stays."""
        if stack in self.stacks():
            with self._scratch() as folder:
                self._quiet(["stack", "rm", stack, "--yes", "--preserve-config"], folder)

    def _quiet(self, arguments: list[str], folder: Path, stdin: str | None = None) -> Completed:
        done = self._run(list(arguments), folder, stdin=stdin)
        if done.interrupted:
            raise KeyboardInterrupt
        if done.status != 0:
            last = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.status}").splitlines()[
                -1
            ]
            raise EngineError(f"`pulumi {' '.join(arguments[:2])}` failed: {last.removeprefix('error: ')}")
        return done

    def _run(
        self,
        arguments: list[str | Path] | list[str],
        folder: Path,
        *,
        on_line: Line | None = None,
        meanwhile: Callable[[], None] | None = None,
        terminal: bool = False,
        stdin: str | None = None,
    ) -> Completed:
        engine = self.home.bin / "pulumi"
        if not engine.exists():
            raise EngineError("This rehearsal has no engine yet: run `isthmus doctor --fix`.")
        self.home.state.mkdir(parents=True, exist_ok=True)
        interactive = [] if terminal else ["--non-interactive", "--color", "never"]
        # The event log's flag is one of the engine's debugging flags.
        environment = {**self.home.environment(), "PULUMI_DEBUG_COMMANDS": "1"}
        return process.run(
            [engine, *interactive, *arguments],
            folder=folder,
            environment=environment,
            on_line=on_line,
            meanwhile=meanwhile,
            terminal=terminal,
            stdin=stdin,
        )

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder that the engine takes for the project, and may write into."""
        self.home.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".scratch-", dir=self.home.root) as name:
            write_text(Path(name) / "Pulumi.yaml", f"name: {self.project}\nruntime: python\n")
            yield Path(os.fsdecode(name))
