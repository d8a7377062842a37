"""The ``config.pbtxt`` of each model, as ``ModelConfig`` messages of Triton's own schema.

The ensemble ``recommend`` is a list of steps, each with the names of the tensors between them. A later stage
(a guard between ``two_tower`` and ``answer``, say) is one more model and one more step; what clients send and
get stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from isthmus_client.interface import ANSWERED, ASKED, KEY_PARAMETER, MAX_BATCH_SIZE, MODEL, Tensors
from training.release import Manifest

OnnxBackend = Literal["native", "python"]
BOUGHT_LIMIT = 10
"""Products that the customer had bought, named in an answer (the newest)."""

_DTYPES = {
    "int32": pb.TYPE_INT32,
    "float32": pb.TYPE_FP32,
    "bool": pb.TYPE_BOOL,
    "bytes": pb.TYPE_STRING,
}


@dataclass(frozen=True)
class RankingShape:
    """Shape of the ranking stage: products of the longest shortlist, and features of each."""

    length: int
    features: int


def model_configs(
    manifest: Manifest,
    *,
    onnx_backend: OnnxBackend,
    gpu: bool = False,
    threads: int = 1,
    ranking: RankingShape | None = None,
) -> dict[str, Any]:
    """Model name -> ``ModelConfig``.

    Args:
        manifest: that of the release; names the tensors of ``model.onnx``.
        onnx_backend: ``native`` is Triton's own ONNX Runtime backend; ``python`` runs ONNX Runtime in the
            Python backend, for a server that has no other (the rehearsal's).
        gpu: run the ONNX models on the GPU, through TensorRT; only with ``native``.
        threads: CPU threads of one run of an ONNX model.
        ranking: shape of the ranking stage; None for a release without one.

    Raises:
        ValueError: a GPU with the Python backend.
    """
    if gpu and onnx_backend == "python":
        raise ValueError("onnx_backend python runs on the CPU; use native on a pool with GPUs")
    features = {tensor.name: (tensor.dtype, tensor.shape[1]) for tensor in manifest.model.inputs}
    towers = {tensor.name: (tensor.dtype, tensor.shape[1]) for tensor in manifest.model.outputs}
    lookup = {"row": ("int32", 1), **features}
    kinds = {"shortlist": "int32", "owned": "bool", "ranks": "float32"}
    ranked = {name: (kind, ranking.length) for name, kind in kinds.items()} if ranking else {}
    configs = {
        "lookup": _python_model("lookup", {"customer": ASKED["customer"]}, lookup),
        "two_tower": _onnx("two_tower", features, towers, onnx_backend, gpu, threads),
        "answer": _python_model(
            "answer",
            {
                "row": ("int32", 1),
                **towers,
                **ranked,
                "k": ASKED["k"],
                "only_new": ASKED["only_new"],
            },
            ANSWERED,
        ),
        MODEL: _ensemble(features, towers, ranking),
    }
    if ranking:
        candidates: Tensors = {"features": ("float32", (ranking.length, ranking.features))}
        shortlist = {"product": ("int32", ranking.length), "owned": ("bool", ranking.length), **candidates}
        configs["shortlist"] = _python_model("shortlist", {"customer": ASKED["customer"]}, shortlist)
        ranks: Tensors = {"scores": ("float32", ranking.length)}
        configs["ranker"] = _onnx("ranker", candidates, ranks, onnx_backend, gpu, threads)
    parameters = {
        "release": manifest.digest(),
        "onnx_backend": onnx_backend,
        "first_day": manifest.window.first_day.isoformat(),
        "last_day": manifest.window.last_day.isoformat(),
    }
    if manifest.pseudonym_key is not None:
        parameters[KEY_PARAMETER] = manifest.pseudonym_key
    for config in configs.values():
        set_parameters(config, parameters)
    set_parameters(configs["answer"], {"bought_limit": str(BOUGHT_LIMIT)})
    return configs


def to_text(config: Any) -> str:
    """A ``ModelConfig`` as the text of ``config.pbtxt``."""
    return str(text_format.MessageToString(config))


def _ensemble(features: Tensors, ranked: Tensors, ranking: RankingShape | None) -> Any:
    config = _config(MODEL, ASKED, ANSWERED)
    config.platform = "ensemble"
    # Tensors between the steps carry the name of the step that made them: a stage put in between re-maps one
    # side only.
    lookup = {name: f"lookup_{name}" for name in ("row", *features)}
    towers = {name: f"two_tower_{name}" for name in ranked}
    _step(config, "lookup", {"customer": "customer"}, lookup)
    _step(config, "two_tower", {name: lookup[name] for name in features}, towers)
    answers = {"row": lookup["row"], **towers, "k": "k", "only_new": "only_new"}
    if ranking:
        shortlist = {name: f"shortlist_{name}" for name in ("product", "owned", "features")}
        _step(config, "shortlist", {"customer": "customer"}, shortlist)
        _step(config, "ranker", {"features": shortlist["features"]}, {"scores": "ranker_scores"})
        answers |= {"shortlist": shortlist["product"], "owned": shortlist["owned"], "ranks": "ranker_scores"}
    _step(
        config,
        "answer",
        answers,
        {name: name for name in ANSWERED},
    )
    return config


def _step(config: Any, model: str, inputs: dict[str, str], outputs: dict[str, str]) -> None:
    step = config.ensemble_scheduling.step.add(model_name=model, model_version=-1)
    step.input_map.update(inputs)
    step.output_map.update(outputs)


def _onnx(
    name: str, inputs: Tensors, outputs: Tensors, onnx_backend: OnnxBackend, gpu: bool, threads: int
) -> Any:
    if onnx_backend == "python":
        config = _python_model(name, inputs, outputs)
        set_parameters(config, {"threads": str(threads)})
        return config
    config = _batching(_config(name, inputs, outputs))
    config.backend = "onnxruntime"
    config.default_model_filename = "model.onnx"
    kind = pb.ModelInstanceGroup.KIND_GPU if gpu else pb.ModelInstanceGroup.KIND_CPU
    config.instance_group.add(kind=kind, count=1)
    if gpu:
        tensorrt = config.optimization.execution_accelerators.gpu_execution_accelerator.add(name="tensorrt")
        # FP32, because the release's export was checked against Keras in FP32. Engines are kept where the
        # read-only container may write, so that a restarted one need not build them again.
        tensorrt.parameters.update(
            {
                "precision_mode": "FP32",
                "max_workspace_size_bytes": str(1 << 30),
                "trt_engine_cache_enable": "true",
                "trt_engine_cache_path": "/tmp/tensorrt",  # noqa: S108
            }
        )
        # A GPU is fast enough that half a millisecond of waiting buys larger batches.
        config.dynamic_batching.max_queue_delay_microseconds = 500
    else:
        set_parameters(config, {"intra_op_thread_count": str(threads), "inter_op_thread_count": "1"})
    return config


def _python_model(name: str, inputs: Tensors, outputs: Tensors) -> Any:
    config = _batching(_config(name, inputs, outputs))
    config.backend = "python"
    config.instance_group.add(kind=pb.ModelInstanceGroup.KIND_CPU, count=1)
    return config


def _config(name: str, inputs: Tensors, outputs: Tensors) -> Any:
    config = pb.ModelConfig(name=name, max_batch_size=MAX_BATCH_SIZE)
    config.version_policy.latest.num_versions = 1
    for tensors, declared in ((inputs, config.input), (outputs, config.output)):
        for tensor, (dtype, shape) in tensors.items():
            dims = [shape] if isinstance(shape, int) else list(shape)
            declared.add(name=tensor, data_type=_DTYPES[dtype], dims=dims)
    return config


def _batching(config: Any) -> Any:
    """Batch what waits already, without waiting for more; and answer once with zeros before being ready."""
    config.dynamic_batching.max_queue_delay_microseconds = 0
    warm = config.model_warmup.add(name="zeros", batch_size=1, count=1)
    for tensor in config.input:
        entry = warm.inputs[tensor.name]
        entry.data_type = tensor.data_type
        entry.dims.extend(tensor.dims)
        if tensor.name == "k":
            # 0 products is a bad request; random bytes as a number could be any.
            entry.input_data_file = "k"
        else:
            entry.zero_data = True
    return config


def set_parameters(config: Any, parameters: dict[str, str]) -> None:
    """Add to the parameters of a ``ModelConfig``."""
    for name, value in parameters.items():
        config.parameters[name].string_value = value
