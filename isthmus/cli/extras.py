"""Which extra a command needs; a missing one is a sentence with the command that installs it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from isthmus.cli.errors import CommandError

_CLIENT = "isthmus_client"
_SERVING_PULL = f"{_CLIENT} boto3 cryptography filelock google.protobuf numpy onnxruntime pyarrow"
_SERVING = f"{_SERVING_PULL} httpx platformdirs psutil"
_FRONT = f"{_CLIENT} boto3 fastapi httptools httpx joserfc limits prometheus_client purgatory uvicorn"
_EDGE = "ai_edge_litert cryptography filelock numpy"
_TRAINING = """
    boto3 cryptography duckdb filelock httpx ibis implicit jinja2 keras matplotlib numpy onnx onnxruntime
    optuna pandas pandera platformdirs psycopg pyarrow scipy sklearn sqlalchemy tensorboard tensorflow tf2onnx
    threadpoolctl wandb
"""
_ESTATE = """
    boto3 cryptography filelock jinja2 openstack platformdirs pulumi pulumi_aws pulumi_kubernetes
    pulumi_openstack
"""
_REHEARSAL = f"{_ESTATE} {_FRONT} {_SERVING} {_TRAINING} joserfc jsonschema keystoneauth1 moto tenacity"

MODULES: Mapping[str, str] = {
    "client": _CLIENT,
    "serving-pull": _SERVING_PULL,
    "serving": _SERVING,
    "front": _FRONT,
    "edge": _EDGE,
    "training": _TRAINING,
    "estate": _ESTATE,
    "rehearsal": _REHEARSAL,
}
"""Extra -> what it installs on every system, as names of modules."""

NEEDED: Mapping[str, str] = {
    "recommend": "serving",
    "front": "front",
    "edge": "edge",
    **dict.fromkeys(("settings", "policy", "forge", "prices", "operator"), "estate"),
    **dict.fromkeys(("train", "tune", "transfer", "orders", "release"), "training"),
    **dict.fromkeys(
        (
            "rehearse",
            "up",
            "recover",
            "preview",
            "backup",
            "restore",
            "link",
            "destroy",
            "down",
            "doctor",
            "bootstrap",
            "env",
            "status",
            "logs",
            "trigger",
        ),
        "rehearsal",
    ),
    **dict.fromkeys(("review", "drift"), "rehearsal"),
    "images": "rehearsal",
}
"""Command -> the extra that it needs."""


def require(command: str) -> None:
    """Raise CommandError where the extra of a command is not installed, or not whole."""
    require_extra(NEEDED[command], command)


def require_extra(extra: str, command: str) -> None:
    """The same for one command of a group, which needs another extra than the group does."""
    missing = next((module for module in MODULES[extra].split() if not _is_there(module)), None)
    if missing is not None:
        raise CommandError(
            f"isthmus {command} needs the extra {extra} (the module {missing} is not installed): "
            f"pip install 'isthmus[{extra}]'"
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package around it
        return False
