"""Check the configuration of one stack: keys, secrets, types, and what must hold between settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from infra.settings.checks import cross_checks
from infra.settings.leaves import is_encrypted
from infra.settings.model import Sections, Settings
from infra.settings.plain_secrets import plain_secrets
from infra.settings.texts import unquoted_days, unseen
from isthmus.settings.errors import Problem, SettingsError
from isthmus.settings.fields import Path
from isthmus.settings.sentences import problems, show, unknown_key

PROJECT = "isthmus"
ELSEWHERE = {
    "aws": "its settings are those of isthmus:aws (region, account_id, endpoint_url), credentials come from "
    "the environment",
    "openstack": "its settings are those of isthmus:openstack (auth_url, region), credentials come from the "
    "environment (OS_*)",
    "kubernetes": "the program makes both clusters and takes their kubeconfig itself",
}
"""Namespaces of the providers: what goes round the settings is refused, and this says where it belongs."""


def _split(config: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    sections: dict[str, Any] = {}
    found: list[Problem] = []
    for key, value in config.items():
        namespace, colon, name = key.partition(":")
        if not colon:
            found.append(Problem(key, f"has no namespace; settings are written isthmus:{key}"))
        elif namespace == PROJECT and name in Sections.model_fields:
            sections[name] = value
        elif namespace == PROJECT:
            found.append(Problem(key, unknown_key(name, Sections.model_fields)))
        elif namespace in ELSEWHERE:
            found.append(
                Problem(key, f"would go round the checked settings; {ELSEWHERE[namespace]}: remove the key")
            )
        elif namespace != "pulumi":
            found.append(
                Problem(key, "is of a namespace that nothing reads; allowed are isthmus: and pulumi: keys")
            )
    return sections, found


def _open(value: Any, path: Path, encrypted: set[Path]) -> Any:
    """Leave out what is encrypted, so that the rest can be checked; an optional field takes its default."""
    if isinstance(value, dict):
        encrypted |= {(*path, key) for key, child in value.items() if is_encrypted(child)}
        return {k: _open(v, (*path, k), encrypted) for k, v in value.items() if not is_encrypted(v)}
    if isinstance(value, list):
        return [_open(v, (*path, i), encrypted) for i, v in enumerate(value) if not is_encrypted(v)]
    return value


def _named(key: str) -> str:
    """A section by its short name, any other key as it stands."""
    name = key.removeprefix(f"{PROJECT}:")
    return name if name in Sections.model_fields else key


def _secrets(config: Mapping[str, Any], secret_keys: Iterable[str]) -> list[Problem]:
    decrypted = set(secret_keys)
    return [
        problem
        for key, value in config.items()
        if key not in decrypted
        for problem in plain_secrets(_named(key), value)
    ]


def check(
    file: str,
    stack: str,
    config: Mapping[str, Any],
    secret_keys: Iterable[str] = (),
    written: Mapping[Path, str] | None = None,
) -> Settings:
    """Check a stack's configuration.

    Args:
        file: what errors call the file.
        stack: the stack's name.
        config: keys with their namespace, and their values.
        secret_keys: keys that were encrypted and are open now.
        written: numbers and days as the file has them, by path below its ``config``.

    Raises:
        SettingsError: something is wrong; it lists everything that is.
    """
    sections, found = _split(config)
    encrypted: set[Path] = set()
    data = _open(sections, (), encrypted)
    secrets = _secrets(config, secret_keys)
    texts = [*unseen(sections), *unquoted_days(Settings, data)]
    refused = {problem.path for problem in texts}
    found += texts
    as_written = {(_named(str(path[0])), *path[1:]): text for path, text in (written or {}).items()}
    settings: Settings | None = None
    try:
        # JSON is how the engine hands settings over; in JSON, strict types still read days and tuples.
        settings = Settings.model_validate_json(json.dumps({**data, "stack": stack}, default=show))
        later = cross_checks(settings)
    except ValidationError as error:
        if refused:
            refused.add("")  # half of a surrogate pair has its sentence already
        later = problems(Settings, error, encrypted=encrypted, written=as_written)
    found += [problem for problem in later if problem.path not in refused]
    # A refusal shows the value, so one at or above a secret would show the secret.
    rest = [problem for problem in found if not any(hit.path.startswith(problem.path) for hit in secrets)]
    if secrets or rest:
        raise SettingsError(file, [*secrets, *rest])
    assert settings is not None  # noqa: S101 - no problem was found
    return settings
