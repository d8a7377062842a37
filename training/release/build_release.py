"""From a trained model to a sealed release directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from isthmus.atomic_files import atomic_directory
from training.features.history import last_bought, user_width
from training.features.training_data import TrainingData
from training.model.two_tower import serving_model
from training.release import (
    KERAS_MODEL,
    MANIFEST,
    ONNX_MODEL,
    PSEUDONYM_KEY,
    Customers,
    Manifest,
    Model,
    Tensor,
    Window,
    describe,
    write,
    write_popular,
    write_products,
    write_report,
)
from training.release.export.indexed_file import save_indexed
from training.release.export.keras_file import save_keras
from training.release.export.onnx_file import OPSET, TOLERANCE, largest_difference, save_onnx
from training.release.versions import versions
from training.settings import TrainingSettings

POPULAR_LENGTH = 200


def build_release(model: Any, data: TrainingData, losses: list[float], target: Path) -> str:
    """Write a release to ``target``; returns its digest.

    It is made beside the target and renamed; a release that is there already is replaced only by a full one.

    Raises:
        TrainingError: when the export differs from the model, or ``target`` holds something else.
    """
    with atomic_directory(target, MANIFEST, "release") as aside:
        return _fill(aside, model, data, losses)


def customers_of(data: TrainingData) -> Customers:
    """The features of every customer on the day after the window, by the code that made the examples."""
    found = [
        (name, data.customer_features(purchases), last_bought(purchases))
        for name, purchases in data.customers()
    ]
    found.sort(key=lambda customer: customer[0])
    features = [known for _, known, _ in found]
    return Customers(
        pseudonyms=[name for name, _, _ in found],
        history=np.stack([customer.history for customer in features]),
        weights=np.stack([customer.weights for customer in features]),
        user=np.stack([customer.user for customer in features]),
        last_bought=[last for _, _, last in found],
    )


def _fill(folder: Path, model: Any, data: TrainingData, losses: list[float]) -> str:
    settings, catalogue = data.settings, data.catalogue
    top_k = min(settings.top_k, len(catalogue))
    customers = customers_of(data)
    write_products(folder, catalogue.products)
    write_popular(folder, catalogue.popular()[:POPULAR_LENGTH])
    customers.write(folder)
    save_keras(model, folder / KERAS_MODEL)
    difference, of_index = _save_onnx(model, top_k, customers, settings, folder / ONNX_MODEL)
    write_report(
        folder,
        {
            "cleaning": data.manifest.cleaning,
            "losses": losses,
            "examples": len(data.examples),
            "steps_per_epoch": data.examples.steps,
            "customers": len(customers),
            "products": len(catalogue),
        },
    )
    manifest = Manifest(
        files=describe(folder),
        window=Window.of(data.manifest),
        cleaning=data.manifest.cleaning,
        metrics={"loss_first_epoch": losses[0], "loss_last_epoch": losses[-1]} | of_index,
        model=Model(
            inputs=(
                Tensor(name="history", dtype="int32", shape=(-1, settings.history_length)),
                Tensor(name="weights", dtype="float32", shape=(-1, settings.history_length)),
                Tensor(name="user", dtype="float32", shape=(-1, user_width(settings.model.time_features))),
            ),
            outputs=(
                Tensor(name="items", dtype="int32", shape=(-1, top_k)),
                Tensor(name="scores", dtype="float32", shape=(-1, top_k)),
            ),
            items=len(catalogue),
            history_length=settings.history_length,
            top_k=top_k,
            parameters=sum(int(np.prod(variable.shape)) for variable in model.trainable_variables),
            opset=OPSET,
            max_abs_difference=difference,
            tolerance=TOLERANCE,
        ),
        versions=versions() | _key(data),
        settings=settings.recorded(),
        seeds={"python_numpy_tensorflow": settings.seed, "examples": settings.seed},
    )
    return write(folder, manifest)


def _save_onnx(
    model: Any, top_k: int, customers: Customers, settings: TrainingSettings, path: Path
) -> tuple[float, dict[str, float]]:
    """Write ``model.onnx``, with an index where there are many products.

    Returns the largest difference of a score from the Keras model's, and what the manifest tells of an index.
    """
    if int(model.output_shape[-1]) - 1 <= settings.exact_products:
        save_onnx(serving_model(model, top_k), path)
        return largest_difference(model, path, _trials(customers)), {}
    inputs = {name: getattr(customers, name) for name in ("history", "weights", "user")}
    index = save_indexed(model, top_k, inputs, path, settings.index_recall, settings.seed)
    return index.difference, index.metrics()


def _key(data: TrainingData) -> dict[str, str]:
    key_id = data.manifest.key_id
    return {} if key_id is None else {PSEUDONYM_KEY: key_id}


def _trials(customers: Customers) -> list[dict[str, Any]]:
    """Inputs to compare the export on: up to 512 customers, a batch of one, and one without any history."""
    rows = np.linspace(0, len(customers) - 1, min(512, len(customers))).astype(int)
    inputs = {"history": customers.history, "weights": customers.weights, "user": customers.user}
    many = {name: array[rows] for name, array in inputs.items()}
    single = {name: array[:1] for name, array in inputs.items()}
    stranger = {name: np.zeros_like(array[:1]) for name, array in inputs.items()}
    return [many, single, stranger]
