"""A shell inside the rehearsal: its variables, and the ``pulumi`` that it finds on PATH.

That ``pulumi`` is the engine, given the rehearsal's copy of a stack file in place of the one in ``stacks/``:
a copy that a machine without credentials can read, on this rehearsal's ports, made anew before each command.
So no command of such a shell writes into a checked-in file. The engine takes each of its flags from a
variable ``PULUMI_OPTION_<FLAG>`` too, and ``--config-file`` only where a command has it
(pulumi/pulumi 3.259.0, pkg/cmd/pulumi/pulumi.go, declareFlagsAsEnvironmentVariables).
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from isthmus.errors import IsthmusError
from rehearsal import stack_copy
from rehearsal.engine.command import Engine
from rehearsal.engine.derived import derive
from rehearsal.engine.errors import EngineError
from rehearsal.engine.files import write_executable
from rehearsal.engine.on_path import MARK
from rehearsal.home import HOST_CREDENTIALS, INSIDE, Home, NoProject, project_root
from rehearsal.orders import throwaway_keys
from rehearsal.programs.with_parent import with_parent
from rehearsal.stack_copy import STACK

if TYPE_CHECKING:
    from infra.settings import Settings

BUCKET: Final = "RELEASES_BUCKET"
TRITON, TRITON_KEY = "TRITON_URL", "TRITON_PSEUDONYM_KEY"
"""For applications. Not PSEUDONYM_KEY: commands would name one's own orders with a throw-away key."""
_REGION: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")

NAMES: Final = frozenset(
    {*Home(Path("/")).variables(), INSIDE, BUCKET, TRITON, TRITON_KEY, "AWS_ENDPOINT_URL", *_REGION}
)
"""All variables that such a shell has of a rehearsal."""

# Commands that read a stack file, and take another in its place.
_READ_A_STACK_FILE: Final = frozenset(
    (
        *("config", "destroy", "dn", "down", "import", "logs"),
        *("pre", "preview", "refresh", "up", "update", "watch"),
    )
)
# Commands that write stacks/ whatever they are told, and what to do instead.
_REFUSED: Final[Mapping[tuple[str, str], str]] = {
    ("stack", "rename"): "rename its file in stacks/",
    ("stack", "change-secrets-provider"): "run it outside of the rehearsal, where the stack's secrets are",
    ("stack", "migrate"): "run it outside of the rehearsal",
}
# Of the engine's own flags, those that take a value as the next word.
_VALUED: Final = frozenset(
    {"-C", "--cwd", "--color", "-v", "--verbose", "--profiling", "--tracing", "--memprofilerate"}
)
_STACK_FLAGS: Final = ("-s", "--stack")


def folder(home: Home) -> Path:
    """The folder that goes in front of PATH."""
    return home.bin / "shell"


def install(home: Home) -> None:
    """Write the programs of the shell: ``pulumi``, and this environment's ``isthmus``."""
    for name, module in (("pulumi", "rehearsal.shell"), ("isthmus", "isthmus.cli.main")):
        path = folder(home) / name
        # -P: the current folder must not shadow a package of ours.
        script = f'#!/bin/sh\n{MARK}\nexec {shlex.quote(sys.executable)} -P -m {module} "$@"\n'
        if not path.is_file() or path.read_text() != script:
            write_executable(path, script)


def variables(
    home: Home, project_dir: Path, settings: Settings, bucket: str, triton: Sequence[str] = ()
) -> dict[str, str]:
    """What such a shell has beside PATH; without a bucket, or Triton's URL, where the estate is not up."""
    made = {
        **home.variables(),
        INSIDE: str(project_dir),
        **dict.fromkeys(_REGION, settings.aws.region),
        "AWS_ENDPOINT_URL": str(settings.aws.endpoint_url),
    }
    if bucket:
        made[BUCKET] = bucket
    if triton:
        made |= {TRITON: triton[0], TRITON_KEY: throwaway_keys().pseudonym}
    return made


def leads_out(environment: Mapping[str, str]) -> set[str]:
    """Names of variables that could lead a program of the shell to a real account."""
    return {name for name in environment if HOST_CREDENTIALS.match(name)}


def with_programs(home: Home, path: str) -> str:
    """PATH with the programs of this shell in front, and those of no other rehearsal."""
    return os.pathsep.join([str(folder(home)), without_programs(path)])


def without_programs(path: str) -> str:
    """PATH without the programs of any rehearsal's shell."""
    return os.pathsep.join(entry for entry in path.split(os.pathsep) if not _is_ours(Path(entry)))


def _is_ours(entry: Path) -> bool:
    try:
        return MARK in (entry / "pulumi").read_text()[:200] and entry.parts[-2:] == ("bin", "shell")
    except (OSError, ValueError):
        return False


def have_stacks(engine: Engine) -> None:
    """Have every stack of ``stacks/`` in the rehearsal's state."""
    existing = engine.stacks()
    files = sorted((engine.project_dir / "stacks").glob("Pulumi.*.yaml"))
    absent = [
        stack for file in files if (stack := file.name.split(".", 1)[1][: -len(".yaml")]) not in existing
    ]
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(engine.stack_select_or_init, absent):
            pass


def main(arguments: Sequence[str]) -> int:
    """Run the engine as a person asks for it; its exit status."""
    home = Home.find()
    engine = home.bin / "pulumi"
    if not engine.exists():
        raise EngineError(f"The rehearsal in {home.root} has no engine any more: run `isthmus doctor --fix`.")
    words = list(_words(arguments))
    try:
        project_dir = project_root(Path(_flag_value(arguments, ("-C", "--cwd")) or "."))
    except NoProject:
        return _run([engine, *arguments], {})
    for command, instead in _REFUSED.items():
        if tuple(words[:2]) == command:
            raise EngineError(
                f"`pulumi {' '.join(command)}` would write into stacks/, which no command of a rehearsal's "
                f"shell does: {instead}."
            )
    chosen = (
        _flag_value(arguments, _STACK_FLAGS) or os.environ.get("PULUMI_STACK") or _selected(home, project_dir)
    )
    # A stack may be named organization/project/stack.
    stack = (chosen or STACK).rsplit("/", 1)[-1]
    # `pulumi stack rm` would remove the stack file too.
    options = {"PULUMI_OPTION_PRESERVE_CONFIG": "true"}
    if not chosen:
        options["PULUMI_STACK"] = STACK
    reads = bool(words) and words[0] in _READ_A_STACK_FILE
    if reads or words[:1] == ["stack"]:
        have_stacks(Engine(home, project_dir))
    if not reads:
        return _run([engine, *arguments], options)
    copy = stack_copy.write(home, project_dir) if stack == STACK else derive(home, project_dir, stack).path
    before = copy.read_bytes()
    status = _run([engine, *arguments], {"PULUMI_OPTION_CONFIG_FILE": str(copy), **options})
    if copy.is_file() and copy.read_bytes() != before:
        _say(
            f"pulumi wrote into the rehearsal's copy of stacks/Pulumi.{stack}.yaml, which the next command "
            "makes anew: to keep the change, write it into that file yourself."
        )
    return status


def _run(command: Sequence[str | Path], options: Mapping[str, str]) -> int:
    """Run the engine on our terminal to its end; a signal to us is one to it."""
    engine = subprocess.Popen(with_parent(command), env={**os.environ, **options})

    def hand_on(number: int, _frame: FrameType | None) -> None:
        # Ctrl-C reaches it from the terminal already.
        if number != signal.SIGINT:
            engine.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)
    status = engine.wait()
    return status if status >= 0 else 128 - status


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """The words that are no flags, up to ``--``: the command and its own."""
    value = False
    for argument in arguments:
        if argument == "--":
            return
        if value:
            value = False
        elif argument.startswith("-"):
            value = argument in _VALUED or argument in _STACK_FLAGS
        else:
            yield argument


def _flag_value(arguments: Sequence[str], names: tuple[str, str]) -> str:
    """The value of a flag, as the engine takes it: ``-s prod``, ``-sprod``, ``--stack=prod``; "" without."""
    short, long = names
    found = ""
    for number, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument in names:
            found = arguments[number + 1] if number + 1 < len(arguments) else ""
        elif argument.startswith(f"{long}="):
            found = argument.partition("=")[2]
        elif argument.startswith(short) and not argument.startswith("--"):
            found = argument.removeprefix(short).removeprefix("=")
    return found


def _selected(home: Home, project_dir: Path) -> str:
    """What ``pulumi stack select`` chose; "" where nothing was."""
    # sdk/go/common/workspace of pulumi 3.259.0: the file's name has the SHA-1 of the project file's path.
    key = sha1(str(project_dir / "Pulumi.yaml").encode()).hexdigest()  # noqa: S324 - the engine's own
    for file in (home.pulumi_home / "workspaces").glob(f"*-{key}-workspace.json"):
        try:
            content: Any = json.loads(file.read_text())
        except (OSError, ValueError):
            continue
        # By backend, of which a rehearsal has one; older engines kept the name alone.
        chosen = list((content.get("stacks") or {}).values()) or [content.get("stack")]
        if chosen[-1]:
            return str(chosen[-1])
    return ""


def _say(sentence: str) -> None:
    print(f"isthmus: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except IsthmusError as error:
        _say(str(error))
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
