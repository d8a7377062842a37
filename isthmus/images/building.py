"""An image from its files to a registry, with the record that is kept of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from isthmus.atomic_files import atomic_write
from isthmus.images import record
from isthmus.images.builder import Builder
from isthmus.images.catalogue import OwnImage
from isthmus.images.contents import tag
from isthmus.images.context import ImageError, exported, lay, revision
from isthmus.source_digest import ROOT

DOMAIN = b"isthmus image signature, version 1\n"
"""Before what is signed, so that no signature of a release is one of an image."""


def build(
    image: OwnImage,
    builder: Builder,
    *,
    base: str | None = None,
    say: Callable[[str], None] | None = None,
    root: Path = ROOT,
) -> record.Built:
    """Build an image and write what is in it. Raises ImageError.

    Args:
        image: of the catalogue.
        builder: of this machine.
        base: in the place of the Containerfile's.
        say: takes each line of progress.
        root: of the project.
    """
    name, (commit, created) = tag(image, root), revision(image, root)
    arguments = {"REVISION": commit, "VERSION": name} | ({"BASE": base} if base else {})
    with tempfile.TemporaryDirectory(prefix="isthmus-image-") as folder:
        lay(image, Path(folder), root)
        builder.build(Path(folder), local(image, root), arguments=arguments, created=created, say=say)
    atomic_write(record.folder(name, root) / record.SBOM, exported(image, "cyclonedx1.5", root))
    built = record.Built(image=image.name, tag=name, revision=commit, size=builder.size(local(image, root)))
    record.write(built, root)
    return built


def push(
    image: OwnImage, builder: Builder, registry: str, *, plain_http: bool = False, root: Path = ROOT
) -> record.Built:
    """Push what was built of these files. Raises ImageError."""
    name = tag(image, root)
    built = record.read(name, root)
    if built is None:
        raise ImageError(
            f"{image.repository}:{name} was not built here: run `isthmus images build {image.name}`"
        )
    target = f"{registry}/{image.repository}"
    options = ("--tls-verify=false",) if plain_http else ()
    digest = builder.push(local(image, root), f"{target}:{name}", options=options)
    pushed = built.model_copy(update={"pushed": target, "digest": digest})
    record.write(pushed, root)
    return pushed


def local(image: OwnImage, root: Path = ROOT) -> str:
    """The name of an image in the store of this machine."""
    return f"localhost/{image.repository}:{tag(image, root)}"
