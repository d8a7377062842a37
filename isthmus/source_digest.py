"""What a result is made of, by content: its entry modules and all that these import, read from source.

Nothing is imported to find out, so the Pulumi program can ask without loading numpy. The scope stays within
the entries' own top-level packages: ``isthmus`` holds sentences and the writing of files, which decide no
result, and a library is named by its version. An import within a function counts, one for the type checker
alone does not, and a name that a package hands on leads to the module that defines it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLIENT = "serving/client"
"""Where the client's package is before it is installed: it is a distribution of its own."""
# Found by their form: parsing all of `training` takes 0.3 s, which every preview would wait for. A test holds
# what is found to be what the parser finds.
_FOR_TYPES = re.compile(r"^( *)if TYPE_CHECKING:.*\n(?:(?:\1 +\S.*)?\n)+", re.MULTILINE)
_IMPORT = re.compile(r"^ *(?:from +([\w.]+) +import +(?:\(([^)]*)\)|(.+))|import +([\w., ]+))", re.MULTILINE)


@cache
def source_digest(*entries: str, root: Path = ROOT) -> str:
    """``sha256:<hex>`` over the names and contents of the modules that a result depends on.

    Args:
        entries: the modules that make the result, such as ``training.fit.run``.
        root: the folder that holds their packages.
    """
    total = hashlib.sha256()
    for module, source in sorted(sources(*entries, root=root).items()):
        total.update(f"{module} {len(source)}\n".encode())
        total.update(source)
    return f"sha256:{total.hexdigest()}"


def sources(*entries: str, packages: Collection[str] = (), root: Path = ROOT) -> dict[str, bytes]:
    """Module -> source, of the entries and of all that they import in their packages, or in those named."""
    packages = packages or {entry.partition(".")[0] for entry in entries}
    found: dict[str, bytes] = {}
    ahead = set(entries)
    while ahead:
        module = ahead.pop()
        path = _file_of(module, root)
        if path is None:
            raise ModuleNotFoundError(f"{module} is no module below {root}", name=module)
        found[module] = path.read_bytes()
        for source_module, name in imports_of(found[module]):
            if source_module.partition(".")[0] in packages:
                ahead.add(_defining(source_module, name, root))
        ahead -= found.keys()
    return found


@cache
def imports_of(source: bytes) -> tuple[tuple[str, str], ...]:
    """Module and name of each import; the name is empty where the module itself is imported."""
    found: list[tuple[str, str]] = []
    for module, in_brackets, on_the_line, modules in _IMPORT.findall(_FOR_TYPES.sub("", source.decode())):
        names = re.sub("#.*", "", in_brackets or on_the_line or modules).split(",")
        firsts = [words[0] for name in names if (words := name.split())]
        found += [(module, name) if module else (name, "") for name in firsts]
    return tuple(found)


def _defining(module: str, name: str, root: Path) -> str:
    """The module that defines what is imported as ``name`` from ``module``."""
    if name and _file_of(f"{module}.{name}", root):
        return f"{module}.{name}"
    path = _file_of(module, root)
    if path is not None and path.name == "__init__.py":
        for further, handed_on in imports_of(path.read_bytes()):
            if handed_on == name:
                return _defining(further, name, root)
    return module


def _file_of(module: str, root: Path) -> Path | None:
    for folder in (root, root / CLIENT):
        place = folder.joinpath(*module.split("."))
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
    return None
