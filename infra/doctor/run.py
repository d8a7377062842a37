"""All checks beside each other, each for a limited time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Final

from infra.doctor.check import CannotTell, Check, Finding
from infra.doctor.clouds import Clouds, NoCredentials
from infra.settings import Settings
from isthmus.settings.errors import Problem

LIMIT_SECONDS: Final = 60
AT_ONCE: Final = 12


def run(
    checks: Iterable[Check],
    settings: Settings,
    clouds: Clouds,
    *,
    limit: float = LIMIT_SECONDS,
    told: Callable[[Finding], object] = lambda _: None,
) -> list[Finding]:
    """What each check that the settings need finds, in the order of the table.

    Args:
        checks: the table.
        settings: of the stack.
        clouds: to ask.
        limit: seconds that all of them may take; what has no answer by then is unanswered.
        told: hears of each finding in its turn.
    """
    wanted = [check for check in checks if check.applies(settings)]
    pool, ends, findings = ThreadPoolExecutor(AT_ONCE), time.monotonic() + limit, []
    coming = [pool.submit(_look, check, settings, clouds) for check in wanted]
    for check, answer in zip(wanted, coming, strict=True):
        try:
            finding = answer.result(max(0.0, ends - time.monotonic()))
        except TookTooLong:
            finding = Finding(check, "unanswered", (f"no answer in {limit:.0f} seconds: run it again",))
        told(finding)
        findings.append(finding)
    # Those that still wait end by the time-outs of their own requests.
    pool.shutdown(wait=False, cancel_futures=True)
    return findings


def _look(check: Check, settings: Settings, clouds: Clouds) -> Finding:
    try:
        clouds.sign_in(check.site)
        problems = list(check.look(settings, clouds))
    except (CannotTell, NoCredentials) as error:
        return Finding(check, "not asked", (str(error),))
    except Exception as error:
        if (why := refusal(error)) is None:
            raise
        if settings.aws.endpoint_url is not None and "<!doctype html>" in why:  # moto has no such API
            return Finding(
                check, "not asked", (f"the stand-in for AWS has no API for the check {check.name}",)
            )
        return Finding(check, "unanswered", (why,))
    return Finding(check, "failed" if problems else "ok", tuple(map(sentence, problems)))


def sentence(problem: Problem) -> str:
    """One problem for a person."""
    return f"{problem.path}: {problem.text}."


def refusal(error: Exception) -> str | None:
    """What a cloud or the network said in the place of an answer; None: a defect of this program."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        what = error.operation_name
        return f"AWS refused {what} ({said.get('Code', '?')}): {_line(said.get('Message', ''))}"
    if isinstance(error, BotoCoreError | OSError):
        return _line(error)
    if type(error).__module__.partition(".")[0] in ("openstack", "keystoneauth1"):
        return f"the private cloud did not answer as expected: {_line(error)}"
    return None


def _line(said: object) -> str:
    return " ".join(str(said).split()) or type(said).__name__


__all__ = ["LIMIT_SECONDS", "refusal", "run", "sentence"]
