"""The Pulumi program stays light: an estate is declared without any library of a training or of a release."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "boto3",
    "botocore",
    "cryptography",
    "keras",
    "numpy",
    "onnx",
    "optuna",
    "pandas",
    "pyarrow",
    "sqlalchemy",
    "tensorflow",
    "training.jobs",
)
# Only the stack of a rehearsal has keys to check, and needs cryptography for that.
PROGRAM = """
import sys
from tests.infra.recorded import estate_of

assert estate_of("dev").of("kubernetes:batch/v1:Job")
print(*sorted(set(sys.argv[1:]) & set(sys.modules)))
"""


def test_a_cloud_stack_is_declared_without_any_library_of_a_training() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
