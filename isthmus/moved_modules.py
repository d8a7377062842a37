"""Modules by the names that README and docs gave them in the release before; each use gives a warning.

They go with the next release. No code digest counts this module: aliases decide no result.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Mapping
from importlib.abc import InspectLoader, Loader
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

MOVED: Mapping[str, str] = {
    "serving.client": "isthmus_client",
    "training.distribution_cost": "training.fit.distribution_cost",
    "training.tracking": "training.operations.tracking",
}
"""Old name -> new name; what is inside a package moved with it."""


class _Aliases(Loader):
    """Finds and loads a module of the table as the module that it is now."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        now = _spec(name)
        if now is None:
            return None
        return ModuleSpec(name, self, is_package=now.submodule_search_locations is not None)

    def create_module(self, _: ModuleSpec) -> None:
        """An ordinary empty module."""

    def exec_module(self, module: ModuleType) -> None:
        now = importlib.import_module(_warned(module.__name__).name)
        module.__doc__ = now.__doc__
        module.__dict__.update({name: value for name, value in vars(now).items() if name[:2] != "__"})

    def get_code(self, name: str) -> CodeType | None:
        """The code of the module that it is now, for ``python -m``."""
        now = _warned(name)
        loader = now.loader
        return loader.get_code(now.name) if isinstance(loader, InspectLoader) else None


def _spec(name: str) -> ModuleSpec | None:
    for old, new in MOVED.items():
        if name == old or name.startswith(f"{old}."):
            return importlib.util.find_spec(new + name.removeprefix(old))
    return None


def _warned(name: str) -> ModuleSpec:
    now = _spec(name)
    assert now is not None  # noqa: S101
    sentence = f"the module {name} is {now.name} now; the old name goes with the next release"
    warnings.warn(sentence, DeprecationWarning, stacklevel=3)
    return now


# First: the folder `serving/client`, which holds the client's distribution, would be found in its place.
sys.meta_path.insert(0, _Aliases())
