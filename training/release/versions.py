"""What a release is made with here."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from isthmus.source_digest import source_digest
from training.digest_scopes import CANDIDATE, FEATURES

LIBRARIES = ("tensorflow-cpu", "tensorflow", "keras", "onnx", "tf2onnx", "onnxruntime", "numpy", "pandas")


def versions() -> dict[str, str]:
    """Versions of Python, of this code and its features (digests), and of libraries that touch the result."""
    found = {
        "python": platform.python_version(),
        "isthmus": version("isthmus"),
        "code": source_digest(*CANDIDATE),
        "features": source_digest(*FEATURES),
    }
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
