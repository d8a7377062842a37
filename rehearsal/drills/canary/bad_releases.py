"""Releases that a validation let through and that should not have been: how their files are spoiled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.release import ONNX_MODEL, Shortlist, read_products, write_products


def mixed_up(folder: Path) -> None:
    """Number the products otherwise than the model was trained with: each answer is one, and none is right.

    Where there is a ranking stage, which names products by their codes, it ranks them the other way round.
    """
    products = read_products(folder)
    others = products[len(products) // 2 :] + products[: len(products) // 2]
    write_products(
        folder,
        [
            product.model_copy(update={"product_code": other.product_code, "description": other.description})
            for product, other in zip(products, others, strict=True)
        ],
    )
    found = Shortlist.read(folder)
    if found is not None and found.scores is not None:
        replace(found, scores=found.scores.max() - found.scores).write(folder)


def no_model(folder: Path) -> None:
    """Cut the model's file off: it is signed as it is, and nothing can load it."""
    (folder / ONNX_MODEL).write_bytes((folder / ONNX_MODEL).read_bytes()[:1000])


__all__ = ["mixed_up", "no_model"]
