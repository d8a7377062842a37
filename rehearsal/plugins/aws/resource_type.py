"""The vocabulary in which a resource type is one row.

A row says which call creates the type, where the id is in the answer, which call reads it back, which inputs
can be changed by which call, and how it goes. All that can be derived is derived:

* An input is sent as the parameter of the same name (letter case and plural aside); ``fields`` names the
  others, "" meaning "not sent with the creation".
* An input is read back from the member of the same name of what ``read`` answers; ``read_from`` names the
  others by a JMESPath, "" meaning "cannot be read: the last known value stands".
* Values are fitted to the parameter's shape in botocore's model: numbers, strings, lists, nested names.
* An input that is neither in an update, nor ``local_only``, nor tags, forces a replacement.

In the arguments of a ``Call`` a string that begins with "$" is a JMESPath over ``id``, ``inputs``,
``outputs``, ``old`` (the inputs before an update), ``account``, ``region``, ``partition``; null results are
left out. ``$$`` begins a plain "$". A path in single quotes is text, with those names in braces filled in: an
ARN. What does not fit the vocabulary is a plain function of ``(Cloud, Resource)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.plugins.aws.cloud import Cloud
from rehearsal.plugins.aws.tagging import Tagging
from rehearsal.plugins.backend import Properties, Resource


@dataclass(frozen=True)
class Call:
    """One operation of the row's service (or of ``service``). ``spread``: send the inputs by name too.

    ``recorded``: the stand-in has no such operation; the call is validated and goes no further.
    """

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    spread: bool = False
    service: str = ""
    recorded: bool = False


@dataclass(frozen=True)
class ReadCall:
    """How to read a resource: the call, and a JMESPath to the resource in its answer.

    ``gone``: error codes that mean "no longer there", besides the usual NotFound ones. ``dead``: a JMESPath
    that is true of something deleted that is still listed.
    """

    call: Call
    at: str = "@"
    gone: tuple[str, ...] = ()
    dead: str = ""


@dataclass(frozen=True)
class Update:
    """A group of inputs that one call (or function) changes in place."""

    keys: tuple[str, ...]
    how: Call | Callable[[Cloud, Resource, Resource], None]
    recorded: str = ""  # the operation that a function only validates


@dataclass(frozen=True)
class AwsType:
    """One resource type; see the module's docstring.

    ``id`` is a JMESPath over the creation's answer (top level) and the names that ``Call`` knows.
    ``outputs`` are JMESPaths over the same names and ``it``, which is what ``read`` finds.
    ``wait``: a waiter of boto3 and its parameters.
    ``after_create``: inputs whose update call also has to follow the creation.
    ``requires``: calls that must succeed before a recorded creation (what it hangs on exists).
    ``validated``: calls of a creating function, checked by the model in previews.
    ``unique_by``: inputs that, being equal in the old and the new resource, make the two impossible at once.
    ``imported``: the id of what is asked for by an id to import by, where that is another one.
    ``repeatable``: a recorded creation that AWS takes again as the same thing.
    ``recorded``: the stand-in has no such operations; the parameters are validated by the model and the
    resource is kept in a record.
    """

    type: str
    service: str
    create: Call | Callable[[Cloud, Resource], str]
    id: str = ""
    read: ReadCall | Callable[[Cloud, Resource], Any] | None = None
    delete: Call | Callable[[Cloud, Resource], None] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    read_from: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    updates: tuple[Update, ...] = ()
    local_only: tuple[str, ...] = ()
    tags: Tagging | None = None
    unique_by: tuple[str, ...] = ()
    autoname: Mapping[str, int] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    wait: tuple[str, Mapping[str, Any]] | None = None
    after_create: tuple[str, ...] = ()
    recorded: bool = False
    requires: tuple[Call, ...] = ()
    validated: tuple[Call, ...] = ()
    check: Callable[[Properties], None] | None = None
    imported: Callable[[Cloud, str], str] | None = None
    repeatable: bool = False

    def updatable(self) -> frozenset[str]:
        return frozenset(key for update in self.updates for key in update.keys)

    def replaces(self, keys: frozenset[str]) -> frozenset[str]:
        """Which of the changed inputs the real API cannot change in place."""
        return keys - self.updatable() - {*self.local_only, "tags", "tagsAll"}


__all__ = ["AwsType", "Call", "ReadCall", "Update"]
