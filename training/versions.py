"""What a release is made with here."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from training.code import code_digest

LIBRARIES = ("tensorflow-cpu", "tensorflow", "keras", "onnx", "tf2onnx", "onnxruntime", "numpy", "pandas")


def versions() -> dict[str, str]:
    """Versions of Python, of this code (a digest too), and of the libraries that touch the result."""
    found = {"python": platform.python_version(), "isthmus": version("isthmus"), "code": code_digest()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
