"""The four jobs with Pulumi's mocks: what they say to the cluster, checked against its API's schema."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import kubernetes_validate
import pytest
from pulumi.runtime import mocks

from infra.pins import KUBERNETES_VERSION
from tests import mocked_program

if TYPE_CHECKING:
    from training.components.context import JobContext

API = {"Job": "batch/v1", "Service": "v1", "ServiceAccount": "v1"}
ROLE = "arn:aws:iam::111111111111:role/transfer"


class Recorder(mocks.Mocks):
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        if args.typ.startswith("kubernetes:"):
            kind = args.typ.rsplit(":", 1)[1]
            name = args.inputs["metadata"]["name"]
            # A Job is named after its inputs too, so that a changed one can stand beside the old one.
            short = re.fullmatch(r"(\w+)-[0-9a-f]{8}", name)[1] if kind == "Job" else name  # type: ignore[index]
            self.objects[kind, short] = args.inputs
            outputs["metadata"] = {**args.inputs["metadata"], "uid": "a-uid"}
        return f"{args.name}-id", outputs

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise AssertionError(f"no data source is needed, but {args.token} was called")


def pipeline(settings: str = "{}", made_again: Sequence[str] = ()) -> JobContext:
    """What the jobs of a pipeline share; the transfer alone takes a role by its token."""
    from training.components.context import JobContext

    return JobContext(
        namespace="training",
        image="isthmus/training:1@sha256:x",
        region="eu-west-1",
        arrivals_bucket="arrivals",
        releases_bucket="releases",
        private_bucket="private",
        orders_url="s3://shop-orders/online-retail/",
        orders_endpoint_url="https://store.example",
        orders_region="us-east-1",
        settings=settings,
        roles={"transfer": ROLE},
        made_again=made_again,
    )


def declared(
    settings: str = "{}", made_again: Sequence[str] = (), **train: Any
) -> tuple[dict[tuple[str, str], dict[str, Any]], dict[str, str | None]]:
    """The objects of all four jobs, and the components' outputs, awaited."""
    from training.components.ranking_job import RankingJob
    from training.components.training_job import TrainingJob
    from training.components.transfer_job import TransferJob
    from training.components.validation_job import ValidationJob

    recorder = Recorder()
    outputs: dict[str, str | None] = {}

    async def program() -> None:
        context = pipeline(made_again=made_again)
        transfer = TransferJob("transfer", context)
        training = TrainingJob(
            "train", pipeline(settings, made_again), arrivals=transfer.ready, **{"workers": 2, **train}
        )
        ranking = RankingJob("rank", context, candidate=training.candidate)
        validation = ValidationJob("validate", context, candidate=ranking.candidate)
        for name, output in {
            "transfer": transfer.ready,
            "candidate": training.candidate,
            "ranked": ranking.candidate,
            "validate": validation.ready,
        }.items():
            outputs[name] = await output.future()

    mocked_program.run(recorder, program)
    return recorder.objects, outputs


@pytest.fixture(scope="module")
def objects() -> dict[tuple[str, str], dict[str, Any]]:
    return declared()[0]


def test_objects_are_what_the_api_takes(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(objects) == {
        ("Job", "transfer"), ("Job", "train"), ("Job", "rank"), ("Job", "validate"), ("Service", "train"),
        ("ServiceAccount", "transfer"), ("ServiceAccount", "train"), ("ServiceAccount", "rank"),
        ("ServiceAccount", "validate"),
    }  # fmt: skip
    for (kind, _), inputs in objects.items():
        kubernetes_validate.validate(
            {"apiVersion": API[kind], "kind": kind, **inputs}, KUBERNETES_VERSION, strict=True
        )


@pytest.mark.parametrize("name", ["transfer", "train", "rank", "validate"])
def test_pods_have_no_privilege(name: str, objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    spec = objects["Job", name]["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False
    assert spec["restartPolicy"] == "Never"
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert "memory" in container["resources"]["limits"]
    assert "nvidia.com/gpu" not in json.dumps(spec)


def test_exit_codes_decide_what_is_repeated(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    spec = objects["Job", "train"]["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 2, 2)
    rules = spec["podFailurePolicy"]["rules"]
    by_code = {
        code: rule["action"] for rule in rules for code in rule.get("onExitCodes", {}).get("values", [])
    }
    assert by_code == {64: "FailJob", 77: "FailJob", 75: "Ignore", 76: "Ignore", 78: "Ignore"}
    assert rules[-1]["onPodConditions"][0]["type"] == "DisruptionTarget"


def test_secrets_come_by_reference_and_only_where_needed(
    objects: dict[tuple[str, str], dict[str, Any]],
) -> None:
    def keys(name: str) -> set[str]:
        env = objects["Job", name]["spec"]["template"]["spec"]["containers"][0]["env"]
        return {variable["name"] for variable in env if "valueFrom" in variable}

    assert keys("transfer") == {"ORDERS_ACCESS_KEY_ID", "ORDERS_SECRET_ACCESS_KEY", "PSEUDONYM_KEY"}
    assert keys("train") == set()
    assert keys("rank") == {"ORDERS_ACCESS_KEY_ID", "ORDERS_SECRET_ACCESS_KEY", "PSEUDONYM_KEY"}
    assert keys("validate") == {
        "ORDERS_ACCESS_KEY_ID",
        "ORDERS_SECRET_ACCESS_KEY",
        "PSEUDONYM_KEY",
        "SIGNING_KEY",
    }


def test_the_validation_judges_what_the_ranking_made_of_the_training(
    objects: dict[tuple[str, str], dict[str, Any]],
) -> None:
    def env(name: str) -> dict[str, str]:
        (container,) = objects["Job", name]["spec"]["template"]["spec"]["containers"]
        return {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}

    assert env("rank")["CANDIDATE"] == env("train")["CANDIDATE"]
    assert env("validate")["CANDIDATE"] == env("rank")["RANKED_CANDIDATE"]
    assert env("validate")["CANDIDATE"] != env("train")["CANDIDATE"]


def test_federation_mounts_a_token_for_sts(objects: dict[tuple[str, str], dict[str, Any]]) -> None:
    spec = objects["Job", "transfer"]["spec"]["template"]["spec"]
    token = spec["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"]
    assert token["audience"] == "sts.amazonaws.com"
    env = {variable["name"]: variable.get("value") for variable in spec["containers"][0]["env"]}
    assert env["AWS_ROLE_ARN"] == ROLE
    assert env["AWS_WEB_IDENTITY_TOKEN_FILE"].startswith(
        spec["containers"][0]["volumeMounts"][1]["mountPath"]
    )


def test_workers_find_each_other_before_they_are_ready(
    objects: dict[tuple[str, str], dict[str, Any]],
) -> None:
    service = objects["Service", "train"]["spec"]
    assert service["clusterIP"] == "None"
    assert service["publishNotReadyAddresses"] is True
    template = objects["Job", "train"]["spec"]["template"]
    assert service["selector"].items() <= template["metadata"]["labels"].items()
    assert template["spec"]["subdomain"] == "train"
    env = {variable["name"]: variable.get("value") for variable in template["spec"]["containers"][0]["env"]}
    job = objects["Job", "train"]["metadata"]["name"]
    assert env["TRAINING_PEERS"] == f"{job}-0.train:2222,{job}-1.train:2223"
    assert env["CHECKPOINT_URL"] == "s3://releases/checkpoints"


def test_another_base_port_is_taken_beside_the_ports_of_another_manager() -> None:
    """An apply keeps the ports that another manager of the Service has, by their numbers: a preview meets the
    manager of the creation so (pulumi/pulumi-kubernetes v4.32.0, provider/pkg/await/await.go, ``Creation``
    and ``fixCSAFieldManagers``). The API server refuses two ports of one name, and clashing numbers merge.
    """

    def ports(base: int) -> dict[int, str]:
        spec = declared(base_port=base, workers=3)[0]["Service", "train"]["spec"]
        return {port["port"]: port["name"] for port in spec["ports"]}

    before = ports(2222)
    for base in (2223, 3333, 65533):
        together = {**before, **ports(base)}
        assert len(set(together.values())) == len(together)


def test_a_job_that_runs_is_replaced_by_nothing_but_another_input() -> None:
    """pulumi-kubernetes replaces a Job with ``replaceUnready`` also while it runs."""
    for (kind, name), inputs in declared()[0].items():
        if kind == "Job":
            assert "annotations" not in inputs["metadata"], name


def test_a_job_that_failed_is_replaced() -> None:
    from training.components.job import REPLACE_UNREADY

    objects = declared(made_again=["train"])[0]
    for (kind, name), inputs in objects.items():
        annotated = REPLACE_UNREADY in inputs["metadata"].get("annotations", {})
        assert annotated == ((kind, name) == ("Job", "train"))


def test_gpus_are_asked_for_where_there_are_some() -> None:
    spec = declared(gpus=1, pool="big")[0]["Job", "train"]["spec"]["template"]["spec"]
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert spec["nodeSelector"] == {"isthmus.dev/pool": "big"}
    assert spec["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_changed_settings_make_another_candidate_and_another_judgement() -> None:
    first, same, other = declared()[1], declared()[1], declared(settings='{"epochs":2}')[1]
    assert first == same
    assert first["transfer"] == other["transfer"]
    assert first["candidate"] != other["candidate"]
    assert first["ranked"] != other["ranked"]
    assert first["validate"] != other["validate"]


def test_another_job_has_another_name_so_that_none_must_go_first() -> None:
    names = [
        declared(settings=settings)[0]["Job", "train"]["metadata"]["name"] for settings in ("{}", '{"a":1}')
    ]
    assert names[0] != names[1]


def test_components_do_not_import_tensorflow() -> None:
    import subprocess
    import sys

    code = (
        "import sys, training.components.training_job, training.components.transfer_job,"
        " training.components.ranking_job, training.components.validation_job, training.release;"
        "print(*sorted({'tensorflow', 'keras', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_trials_are_indices_of_a_job_that_the_engine_does_not_wait_for() -> None:
    from training.components.tuning_job import TuningJob

    recorder = Recorder()

    async def program() -> None:
        job = TuningJob(
            "tune",
            pipeline(),
            tuning='{"trials":40}',
            parallel=3,
            gpus=1,
            pool="big",
        )
        assert await job.best.future() == "s3://releases/tuning/tuned.yaml"

    mocked_program.run(recorder, program)
    inputs = recorder.objects["Job", "tune"]
    kubernetes_validate.validate(
        {"apiVersion": "batch/v1", "kind": "Job", **inputs}, KUBERNETES_VERSION, strict=True
    )
    spec = inputs["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 3, 3)
    assert spec["maxFailedIndexes"] == 2, "an index that fails for good leaves its trials to the others"
    assert inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
    pod = spec["template"]["spec"]
    assert pod["nodeSelector"] == {"isthmus.dev/pool": "big"}
    env = {variable["name"]: variable.get("value") for variable in pod["containers"][0]["env"]}
    assert env["TUNING_URL"] == "s3://releases/tuning"
    assert not [variable for variable in pod["containers"][0]["env"] if "valueFrom" in variable]
