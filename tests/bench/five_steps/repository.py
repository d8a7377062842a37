"""The chain before answers were computed once: five models of Triton in an ensemble, for the benchmark.

lookup -> two_tower -> shortlist -> ranker -> answer, as it was served in November 2026: each question scores
its shortlist in the ranker. The models beside this file are those of that time, unchanged; a test holds their
answers to those of service.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isthmus_client.interface import ASKED, MODEL, Tensors
from serving.repository.build import MODELS, version_of
from serving.repository.model_configs import (
    BOUGHT_LIMIT,
    _config,
    _onnx,
    _python_model,
    set_parameters,
    to_text,
)
from serving.repository.tables import bought_by, product_numbers, text_array
from training.release import (
    ONNX_MODEL,
    RANKER_MODEL,
    Customers,
    Manifest,
    Shortlist,
    read_popular,
    read_products,
)

HERE = Path(__file__).parent
ONNX_MODELS = {"two_tower": ONNX_MODEL, "ranker": RANKER_MODEL}
OUTPUTS: Tensors = {
    "items": ("bytes", -1),
    "descriptions": ("bytes", -1),
    "scores": ("float32", -1),
    "reasons": ("bytes", -1),
    "bought": ("bytes", -1),
    "bought_descriptions": ("bytes", -1),
    "bought_count": ("int32", 1),
    "reason": ("bytes", 1),
    "release": ("bytes", 1),
    "fewer": ("bytes", 1),
}
"""What such a server answered."""


def build_five_steps(release: Path, manifest: Manifest, repository: Path) -> None:
    """Write the model repository of the ensemble to a new folder, for the Python backend."""
    shortlist = Shortlist.read(release)
    version = str(version_of(manifest.digest()))
    for name, config in _configs(manifest, shortlist).items():
        folder = repository / name / version
        folder.mkdir(parents=True)
        (repository / name / "config.pbtxt").write_text(to_text(config))
        if name != MODEL:
            (repository / name / "warmup").mkdir()
            (repository / name / "warmup" / "k").write_bytes(struct.pack("<i", 1))
            source = MODELS / "onnx" if name in ONNX_MODELS else HERE / name
            shutil.copyfile(source / "model.py", folder / "model.py")
        if name in ONNX_MODELS:
            (folder / ONNX_MODEL).symlink_to(release / ONNX_MODELS[name])
    customers, products = Customers.read(release), read_products(release)
    _write_lookup(customers, repository / "lookup" / version)
    extra_codes: list[str] = []
    if shortlist is not None:
        numbers, extra_codes = product_numbers(shortlist.codes, products)
        _write_shortlist(shortlist, numbers, repository / "shortlist" / version)
    folder = repository / "answer" / version
    names = list(customers)
    order = np.argsort(text_array(names), kind="stable")
    bought = [bought_by(customers[names[row]]) for row in order]
    start = np.concatenate([[0], np.cumsum([len(numbers) for numbers in bought])]).astype(np.int64)
    np.save(folder / "bought_start.npy", start)
    np.save(folder / "bought.npy", np.array([number for numbers in bought for number in numbers], np.int32))
    np.save(folder / "popular.npy", np.array(read_popular(release), np.int32))
    codes = ["", *(product.product_code for product in products), *extra_codes]
    texts = ["", *(product.description for product in products), *[""] * len(extra_codes)]
    np.save(folder / "codes.npy", text_array(codes))
    np.save(folder / "descriptions.npy", text_array(texts))


def _write_lookup(customers: Customers, folder: Path) -> None:
    names = text_array(customers)
    order = np.argsort(names, kind="stable")
    np.save(folder / "pseudonyms.npy", names[order])
    for name in ("history", "weights", "user"):
        np.save(folder / f"{name}.npy", np.ascontiguousarray(getattr(customers, name)[order]))


def _write_shortlist(shortlist: Shortlist, numbers: npt.NDArray[np.int32], folder: Path) -> None:
    np.save(folder / "pseudonyms.npy", shortlist.customers)
    np.save(folder / "start.npy", shortlist.start)
    np.save(folder / "product.npy", numbers[shortlist.product])
    np.save(folder / "owned.npy", shortlist.owned)
    np.save(folder / "features.npy", shortlist.features)


def _configs(manifest: Manifest, shortlist: Shortlist | None) -> dict[str, Any]:
    features = {tensor.name: (tensor.dtype, tensor.shape[1]) for tensor in manifest.model.inputs}
    towers = {tensor.name: (tensor.dtype, tensor.shape[1]) for tensor in manifest.model.outputs}
    lookup = {"row": ("int32", 1), **features}
    length = shortlist.longest if shortlist else 0
    kinds = {"shortlist": "int32", "owned": "bool", "ranks": "float32"}
    ranked = {name: (kind, length) for name, kind in kinds.items()} if shortlist else {}
    asked = {"k": ASKED["k"], "only_new": ASKED["only_new"]}
    configs = {
        "lookup": _python_model("lookup", {"customer": ASKED["customer"]}, lookup),
        "two_tower": _onnx("two_tower", features, towers, "python", False, 1),
        "answer": _python_model("answer", {"row": ("int32", 1), **towers, **ranked, **asked}, OUTPUTS),
        MODEL: _ensemble(features, towers, ranked=shortlist is not None),
    }
    if shortlist:
        candidates: Tensors = {"features": ("float32", (length, shortlist.features.shape[1]))}
        lists = {"product": ("int32", length), "owned": ("bool", length), **candidates}
        configs["shortlist"] = _python_model("shortlist", {"customer": ASKED["customer"]}, lists)
        configs["ranker"] = _onnx("ranker", candidates, {"scores": ("float32", length)}, "python", False, 1)
    for config in configs.values():
        set_parameters(config, {"release": manifest.digest(), "bought_limit": str(BOUGHT_LIMIT)})
    return configs


def _ensemble(features: Tensors, towers: Tensors, ranked: bool) -> Any:
    config = _config(MODEL, ASKED, OUTPUTS)
    config.platform = "ensemble"

    def step(model: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> None:
        added = config.ensemble_scheduling.step.add(model_name=model, model_version=-1)
        added.input_map.update(inputs)
        added.output_map.update(outputs)

    def of(model: str, names: Sequence[str]) -> dict[str, str]:
        return {name: f"{model}_{name}" for name in names}

    step("lookup", {"customer": "customer"}, of("lookup", ["row", *features]))
    step("two_tower", of("lookup", [*features]), of("two_tower", [*towers]))
    answers = {"row": "lookup_row", **of("two_tower", [*towers]), "k": "k", "only_new": "only_new"}
    if ranked:
        step("shortlist", {"customer": "customer"}, of("shortlist", ["product", "owned", "features"]))
        step("ranker", {"features": "shortlist_features"}, {"scores": "ranker_scores"})
        answers |= {"shortlist": "shortlist_product", "owned": "shortlist_owned", "ranks": "ranker_scores"}
    step("answer", answers, {name: name for name in OUTPUTS})
    return config
