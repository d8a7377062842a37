"""Which image a pod pulls: the GPUs' on GPUs, the digest that is pinned, else the tag of the content."""

from __future__ import annotations

import pytest

from infra.__main__ import estate as program
from isthmus.images import IMAGES, tag
from tests.infra.recorded import Estate, changed_settings, estate_of, record


def images(estate: Estate) -> dict[str, str]:
    """Job -> image, and that of the init step."""
    found: dict[str, str] = {}
    for job in estate.of("kubernetes:batch/v1:Job"):
        (container,) = job.inputs["spec"]["template"]["spec"]["containers"]
        found[container["name"]] = container["image"]
    for triton in estate.of("kubernetes:apps/v1:Deployment"):
        found["pull"] = triton.inputs["spec"]["template"]["spec"]["initContainers"][0]["image"]
    return found


def test_pods_with_gpus_run_the_image_that_can_use_them() -> None:
    found = images(estate_of("dev"))
    assert found["train"].endswith(f"isthmus/training:{tag(IMAGES['training_gpu'])}")
    for job in ("transfer", "rank", "validate"):
        assert found[job].endswith(f"isthmus/training:{tag(IMAGES['training'])}")
    assert found["pull"].endswith(f"isthmus/serving:{tag(IMAGES['serving'])}")


def test_without_a_pool_all_jobs_run_the_image_for_cpus() -> None:
    found = images(estate_of("local"))
    assert found["train"] == found["transfer"]


@pytest.mark.parametrize(
    ("name", "pods"), [("training", "transfer rank validate"), ("training_gpu", "train")]
)
def test_a_pinned_digest_is_what_is_pulled(name: str, pods: str) -> None:
    digest = "sha256:" + "5" * 64
    settings = changed_settings("dev", {f"images.{name}": digest})
    before, after = images(estate_of("dev")), images(record(lambda: program(settings), "dev"))
    assert {pod for pod in before if before[pod] != after[pod]} == {*pods.split()}
    for pod in pods.split():
        assert after[pod].endswith(f"isthmus/training@{digest}")
