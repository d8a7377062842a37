"""The estate's program with images that no program of this machine stands in for: pods are recorded, not run.

So an up costs seconds, and everything else is what it always is.
"""

from dataclasses import replace

from infra import pins

pins.TRITON_IMAGE = replace(pins.TRITON_IMAGE, repository="recorded.example/triton")  # type: ignore[misc]

from infra.__main__ import main  # noqa: E402
from infra.aws.registry import Registry  # noqa: E402
from infra.drain import run  # noqa: E402

_pulled_from = Registry.image
Registry.image = lambda self, pinned: _pulled_from(  # type: ignore[method-assign]
    self, replace(pinned, tag=f"{pinned.tag}")
).apply(lambda reference: reference.replace("isthmus/", "recorded/"))

if __name__ == "__main__":
    run(main)
