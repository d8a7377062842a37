"""The images that the estate's pods run: what is in each, its name, how it is built, pushed and signed.

What decides an image is its files alone: its Containerfile, the modules that its entries import, and the
part of the lock that they need. Their digest is its tag, so changed code is a changed image, and nothing
else is.
"""

from isthmus.images.catalogue import IMAGES, OwnImage
from isthmus.images.contents import files, tag

__all__ = ["IMAGES", "OwnImage", "files", "tag"]
