"""``python -m tests.rehearsal.echo PACKAGE``: a cloud's plugin for the previews of strangers' programs.

The rehearsal's own plugins know what the estate is made of, and refuse the rest. A stranger has the real
ones, which need no row; this one takes whatever engine and SDK send, for a preview, and makes nothing.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from rehearsal.plugins.backend import Backend, Change, Created, Found, Properties, Refused, Resource
from rehearsal.plugins.server import serve


class Echo(Backend):
    """Says of each resource what its program asks for."""

    def __init__(self, package: str) -> None:
        self.package = package

    def configure(self, config: Properties) -> None:
        """Take anything."""

    def check(self, resource: Resource) -> Properties:
        return resource.inputs

    def diff(self, old: Resource, new: Resource) -> Change:
        return Change(frozenset(key for key in new.inputs if old.inputs.get(key) != new.inputs[key]))

    def preview(self, resource: Resource) -> Properties:
        return resource.inputs

    def create(self, resource: Resource) -> Created:
        raise Refused("an echo makes nothing")

    def read(self, resource: Resource) -> Found | None:
        raise Refused("an echo reads nothing")

    def update(self, old: Resource, new: Resource) -> Properties:
        raise Refused("an echo changes nothing")

    def delete(self, resource: Resource) -> None:
        raise Refused("an echo deletes nothing")

    def invoke(self, token: str, arguments: Properties) -> Properties:
        return {**arguments, "id": f"{token} of a stranger's cloud"}


if __name__ == "__main__":
    package = sys.argv.pop(1)
    serve(Echo(package), version(f"pulumi-{package}"))
