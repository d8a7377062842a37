"""``config.pbtxt``: parses back to the same message, and the ensemble's steps fit together."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from isthmus_client.interface import ANSWERED, ASKED, CONTEXT
from serving.repository.model_configs import OnnxBackend, model_configs, to_text
from tests.serving.small_release import SmallRelease


@pytest.mark.parametrize(("backend", "gpu"), [("python", False), ("native", False), ("native", True)])
def test_configs_parse_back(release: SmallRelease, backend: OnnxBackend, gpu: bool) -> None:
    for config in model_configs(release.manifest, onnx_backend=backend, gpu=gpu).values():
        assert text_format.Parse(to_text(config), pb.ModelConfig()) == config
        assert config.parameters["onnx_backend"].string_value == backend
        assert config.parameters["release"].string_value == release.digest


def test_recommend_takes_and_gives_what_clients_know(release: SmallRelease) -> None:
    config = model_configs(release.manifest, onnx_backend="native")["recommend"]
    assert config.backend == "python"
    assert {tensor.name: tensor.optional for tensor in config.input} == {
        **dict.fromkeys(ASKED, False),
        **dict.fromkeys(CONTEXT, True),
    }
    assert {tensor.name for tensor in config.output} == set(ANSWERED)


def test_gpus_run_the_towers_through_tensorrt(release: SmallRelease) -> None:
    towers = {
        gpu: model_configs(release.manifest, onnx_backend="native", gpu=gpu)["two_tower"]
        for gpu in (False, True)
    }
    for gpu, config in towers.items():
        assert config.backend == "onnxruntime"
        assert config.default_model_filename == "model.onnx"
        accelerators = config.optimization.execution_accelerators.gpu_execution_accelerator
        assert [accelerator.name for accelerator in accelerators] == (["tensorrt"] if gpu else [])
        assert config.instance_group[0].kind == getattr(
            pb.ModelInstanceGroup, "KIND_GPU" if gpu else "KIND_CPU"
        )


def test_every_model_batches_and_warms_up(release: SmallRelease) -> None:
    for backend, name in product(get_args(OnnxBackend), ("recommend", "two_tower")):
        config = model_configs(release.manifest, onnx_backend=backend)[name]
        assert config.HasField("dynamic_batching")
        assert config.max_batch_size == 64
        needed = {tensor.name for tensor in config.input if not tensor.optional}
        assert set(config.model_warmup[0].inputs) == needed


def test_the_python_backend_has_no_gpu(release: SmallRelease) -> None:
    with pytest.raises(ValueError, match="use native"):
        model_configs(release.manifest, onnx_backend="python", gpu=True)
