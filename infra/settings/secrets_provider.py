"""The key service that a stack file names for its secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from isthmus.settings.errors import Problem
from isthmus.settings.sentences import show

KEY = "secretsprovider"
PLAIN = ("default", "passphrase")
SERVICES = ("awskms", "azurekeyvault", "gcpkms", "hashivault")
"""pulumi/pulumi 3.259.0, pkg/cmd/pulumi/stack/secrets.go, ValidateSecretsProvider."""
_ALLOWED = (
    f"allowed is {', '.join(PLAIN)}, or a key as one of {', '.join(f'{name}://...' for name in SERVICES)}, "
    "such as awskms://alias/isthmus-prod?region=eu-west-1"
)


def secrets_provider(value: Any) -> Iterator[Problem]:
    """Problems with what ``secretsprovider`` says; None: the file does not say it."""
    if value is None or value in PLAIN:
        return
    if not isinstance(value, str) or not value:
        yield Problem(KEY, f"is {show(value)}; {_ALLOWED}")
        return
    service, separator, key = value.partition("://")
    if service.partition(":")[0] not in SERVICES:
        yield Problem(KEY, f"is {show(value)}, which Pulumi does not know; {_ALLOWED}")
    elif not separator or not key or not value.isascii() or not value.isprintable() or " " in value:
        yield Problem(KEY, f"is {show(value)}, which names no key; {_ALLOWED}")
