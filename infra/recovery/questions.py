"""Questions to the providers of a state, put by the engine itself: one preview of a program made of them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.recovery.identify import Question
from infra.recovery.pending import State, plain
from isthmus.errors import IsthmusError

_NONE: Final = re.compile(
    r"no matching|found no|no .* found|not found|returned no results|couldn't find|\b404\b", re.IGNORECASE
)
"""How the providers' functions for one thing say that there is none."""
# What the engine keeps among a provider's inputs for itself.
_ENGINES: Final = ("version", "pluginDownloadURL", "__internal")


class Unanswered(IsthmusError):
    """A provider could not be asked; the message says which and why."""


@dataclass(frozen=True)
class Cli:
    """The engine's command: ``root/bin/pulumi``, or that on PATH, in its environment."""

    environment: Mapping[str, str]
    root: Path | None = None


def ask(
    cli: Cli, providers: Mapping[str, State], questions: Sequence[tuple[str, Question]]
) -> list[list[str]]:
    """The ids that each question finds: of the URN of its provider, and what to ask it.

    Raises:
        Unanswered: a provider did not start, or refused to answer.
    """
    if not questions:
        return []
    # Here, since it costs most of a second, and few states have anything to ask for.
    from pulumi import automation

    answers: list[list[str] | str] = ["was not asked"] * len(questions)

    def program() -> None:
        made = {urn: _provider(providers[urn]) for urn in {urn for urn, _ in questions}}
        for number, (urn, question) in enumerate(questions):
            answers[number] = _answer(made[urn], question)

    with tempfile.TemporaryDirectory(prefix="isthmus-recovery-") as folder:
        environment = {
            **cli.environment,
            "PULUMI_BACKEND_URL": Path(folder).as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "nothing is kept",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }
        try:
            workspace = automation.LocalWorkspace(
                work_dir=folder,
                program=program,
                env_vars=environment,
                pulumi_command=automation.PulumiCommand(
                    str(cli.root) if cli.root else None, skip_version_check=True
                ),
                project_settings=automation.ProjectSettings(name="recovery", runtime="python"),
            )
            automation.Stack.create("questions", workspace).preview()
        except (automation.CommandError, OSError) as error:
            raise Unanswered(f"The clouds could not be asked what they hold: {_reason(str(error))}") from None
    for (_, question), answer in zip(questions, answers, strict=True):
        if isinstance(answer, str):
            raise Unanswered(f"{question.function} did not answer for {dict(question.arguments)}: {answer}")
    return [answer for answer in answers if not isinstance(answer, str)]


def _provider(state: State) -> Any:
    import pulumi

    inputs = plain(state.get("inputs") or {})
    internal = inputs.get("__internal") or {}
    version = inputs.get("version") or internal.get("version")
    options = pulumi.ResourceOptions(version=version) if version else None
    kept = {key: value for key, value in inputs.items() if key not in _ENGINES}
    package = str(state["type"]).rpartition(":")[2]
    return pulumi.ProviderResource(package, str(state["urn"]).rpartition("::")[2], kept, options)


def _answer(provider: Any, question: Question) -> list[str] | str:
    """The ids, or why there is no answer."""
    import pulumi

    def put(function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        options = pulumi.InvokeOptions(provider=provider)
        try:
            return pulumi.runtime.invoke(function, dict(arguments), options).value or {}
        except Exception as error:
            if _NONE.search(_reason(str(error))):
                return {}
            raise

    try:
        return question.ids(put)
    except Exception as error:
        return _reason(str(error))


def _reason(said: str) -> str:
    """The line of a long message that tells why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or ["it did not say why"])[0].rpartition("error: ")[2]


__all__ = ["Cli", "Unanswered", "ask"]
