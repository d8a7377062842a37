"""Which variants are made of a model, and which are not, and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from serving.optimise.cropped import crop
from serving.optimise.pruned import prune_units, prune_weights
from serving.optimise.quantised import quantise_dynamic, quantise_static
from serving.optimise.rewritten import fuse, halve
from serving.optimise.stages import Stage

ORIGINAL = "fp32"
NEEDS_A_GPU = "needs a GPU: TensorRT builds and times its engines on the GPU that runs them"
Make = Callable[[Path, Path], object]
"""Writes a variant, given the original; raises NotMade, or what the library raises."""


@dataclass(frozen=True)
class Variant:
    """One way to make a model smaller or faster.

    Attributes:
        name: of its row and its file.
        what: in a few words.
        make: how it is made, or the reason why it is not.
    """

    name: str
    what: str
    make: Make | str


def variants_of(stage: Stage, calibration: Sequence[int]) -> list[Variant]:
    """The variants to try of a stage, the original first.

    Args:
        stage: the model.
        calibration: customers by whose questions ranges are found; not those that it is measured on.
    """
    products = len(stage.numbers)

    def cropped_int8(model: Path, made: Path) -> None:
        between = made.with_suffix(".between")
        crop(model, between, 0.75, products)
        quantise_dynamic(between, made)
        between.unlink()

    return [
        Variant(ORIGINAL, "the release's own", lambda model, made: shutil.copyfile(model, made)),
        Variant("graph", "folded and fused by ONNX Runtime, offline", fuse),
        Variant("fp16", "weights and arithmetic float16", halve),
        Variant("int8-dynamic", "weights int8 per channel", quantise_dynamic),
        Variant(
            "int8-static",
            f"weights and activations int8, calibrated on {len(calibration)} customers",
            lambda model, made: quantise_static(model, made, stage, calibration),
        ),
        Variant(
            "pruned-weights-50",
            "half of the dense weights 0, not fine-tuned",
            lambda model, made: prune_weights(model, made, 0.5),
        ),
        Variant(
            "pruned-units-25",
            "a quarter of the hidden units removed, not fine-tuned",
            lambda model, made: prune_units(model, made, 0.25),
        ),
        Variant(
            "cropped-75",
            "three quarters of the embedding dimensions",
            lambda model, made: crop(model, made, 0.75, products),
        ),
        Variant(
            "cropped-50",
            "half of the embedding dimensions",
            lambda model, made: crop(model, made, 0.5, products),
        ),
        Variant("cropped-75-int8", "cropped-75, then int8-dynamic", cropped_int8),
        *(
            Variant(f"tensorrt-{precision}", f"TensorRT in {precision}", NEEDS_A_GPU)
            for precision in ("fp32", "fp16", "int8")
        ),
    ]
