"""What a pod pulls of this project's images: the digest that is pinned, else the tag of the content."""

from __future__ import annotations

import pulumi

from infra.aws.registry import Registry
from infra.pins import Image
from infra.settings.images import ImagesSettings
from isthmus.images import IMAGES, tag


def own_image(name: str, registry: Registry, settings: ImagesSettings) -> pulumi.Output[str]:
    """The reference of an image, by its name in the settings.

    A digest says all. No tag goes with it: the code of a clone need not be the code that was pinned.
    """
    image, digest = IMAGES[name], getattr(settings, name)
    return registry.image(Image(image.repository, "" if digest else tag(image), digest))


__all__ = ["own_image"]
