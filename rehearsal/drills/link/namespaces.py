"""How a process gets namespaces of its own that end with who asked for them."""

from __future__ import annotations

from typing import Final

ENDING: Final = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child")
"""Namespaces whose first process the kernel ends with the one that asked for them; with it go all that it
started, and their mounts. ``unshare`` by itself heeds no SIGINT and no SIGTERM."""
INSIDE: Final = (*ENDING, "--net", "--mount-proc")
"""The same with a network of its own."""

__all__ = ["ENDING", "INSIDE"]
