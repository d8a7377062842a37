"""The ``config.pbtxt`` of each model, as ``ModelConfig`` messages of Triton's own schema.

``recommend`` is one model and no ensemble: each step of one costs as much as the whole answer does. A later
stage (a guard, say) is a step in it, or one more model and an ensemble of that name; what clients send and
get stays.
"""

from __future__ import annotations

from typing import Any, Literal

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from isthmus_client.interface import (
    ANSWERED,
    ASKED,
    CONTEXT,
    KEY_PARAMETER,
    MAX_BATCH_SIZE,
    MODEL,
    Tensors,
)
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


def model_configs(
    manifest: Manifest,
    *,
    onnx_backend: OnnxBackend,
    gpu: bool = False,
    threads: int = 1,
) -> dict[str, Any]:
    """Model name -> ``ModelConfig``.

    Args:
        manifest: that of the release; names the tensors of ``model.onnx``.
        onnx_backend: ``native`` is Triton's own ONNX Runtime backend; ``python`` runs ONNX Runtime in the
            Python backend, for a server that has no other (the rehearsal's).
        gpu: run the towers on the GPU, through TensorRT; only with ``native``.
        threads: CPU threads of one run of the towers.

    Raises:
        ValueError: a GPU with the Python backend.
    """
    if gpu and onnx_backend == "python":
        raise ValueError("onnx_backend python runs on the CPU; use native on a pool with GPUs")
    features = {tensor.name: (tensor.dtype, tensor.shape[1]) for tensor in manifest.model.inputs}
    towers = {tensor.name: (tensor.dtype, tensor.shape[1]) for tensor in manifest.model.outputs}
    configs = {
        MODEL: _python_model(MODEL, ASKED, ANSWERED, CONTEXT),
        "two_tower": _onnx("two_tower", features, towers, onnx_backend, gpu, threads),
    }
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
    set_parameters(configs[MODEL], {"bought_limit": str(BOUGHT_LIMIT)})
    set_parameters(configs["two_tower"], {"items": str(manifest.model.items)})
    return configs


def to_text(config: Any) -> str:
    """A ``ModelConfig`` as the text of ``config.pbtxt``."""
    return str(text_format.MessageToString(config))


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


def _python_model(name: str, inputs: Tensors, outputs: Tensors, optional: Tensors | None = None) -> Any:
    config = _batching(_config(name, inputs, outputs))
    for declared in _declared(config.input, optional or {}):
        declared.optional = True
        # Questions with other numbers of products go into one batch all the same.
        declared.allow_ragged_batch = True
    config.backend = "python"
    config.instance_group.add(kind=pb.ModelInstanceGroup.KIND_CPU, count=1)
    return config


def _config(name: str, inputs: Tensors, outputs: Tensors) -> Any:
    config = pb.ModelConfig(name=name, max_batch_size=MAX_BATCH_SIZE)
    config.version_policy.latest.num_versions = 1
    _declared(config.input, inputs)
    _declared(config.output, outputs)
    return config


def _declared(into: Any, tensors: Tensors) -> list[Any]:
    """Add tensors to the inputs or outputs of a config."""
    return [
        into.add(name=name, data_type=_DTYPES[dtype], dims=[shape] if isinstance(shape, int) else shape)
        for name, (dtype, shape) in tensors.items()
    ]


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
