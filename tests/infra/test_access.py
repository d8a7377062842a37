"""Who may do what: the roles of pods, asked the way IAM would be asked."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra.__main__ import estate as program
from infra.aws.access import Grant, policy
from infra.settings import read
from infra.workloads import WORKLOADS, workloads
from tests.infra.recorded import ROOT, STACKS, Estate, estate_of, record

ARNS: dict[Any, str] = {"arrivals": "arn:aws:s3:::a", "releases": "arn:aws:s3:::r"}
KEY = "arn:aws:kms:eu-west-1:1:key/data"
GRANTS = {workload.kind: workload.grant for workload in WORKLOADS}


def allowed(grant: Grant, action: str, resource: str) -> bool:
    """IAM's rule: a deny decides, else one allow is needed (IAM user guide, "Policy evaluation logic")."""
    verdicts = set()
    for statement in policy(grant, ARNS, KEY)["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if any(fnmatchcase(action, each) for each in actions) and any(
            fnmatchcase(resource, each) for each in statement["Resource"]
        ):
            verdicts.add(statement["Effect"])
    return "Deny" not in verdicts and "Allow" in verdicts


def may(who: str, what: str, where: str) -> bool:
    return allowed(GRANTS[who], f"s3:{what}", f"arn:aws:s3:::{where}")


WRITERS = {
    "a/orders/2011-09-01.parquet": {"transfer", "retrain"},
    "r/candidates/train.json": {"training", "ranking"},
    "r/releases/ab/model.onnx": {"training", "ranking"},
    "r/releases/ab/validation.json": {"validation"},
    "r/releases/ab/signature.json": {"validation"},
    "r/latest.json": {"validation"},
    "r/checkpoints/7": {"training"},
    "r/tuning/ab/journal/0000000000.json": {"tuning"},
    "r/anything-else": set[str](),
}


@pytest.mark.parametrize("where", WRITERS)
def test_each_object_is_written_by_those_who_make_it_and_verdicts_by_the_validation_alone(where: str) -> None:
    assert {who for who in GRANTS if may(who, "PutObject", where)} == WRITERS[where]


def test_orders_are_read_by_those_who_learn_from_them_and_by_the_transfer_that_brought_them_only() -> None:
    readers = {who for who in GRANTS if may(who, "GetObject", "a/orders/2011-09-01.parquet")}
    assert readers == {"training", "transfer", "tuning", "retrain", "data"}


def test_executors_reach_the_tables_on_the_way_alone() -> None:
    for action in ("GetObject", "PutObject"):
        assert may("data-executor", action, "r/checkpoints/spark/run/in/1.parquet")
        assert not may("data-executor", action, "r/checkpoints/shards/run/shards.json")
        assert not may("data-executor", action, "a/orders/2011-09-01.parquet")
    assert not may("data-executor", "DeleteObject", "r/checkpoints/spark/run/in/1.parquet")


def test_nobody_deletes_orders_or_releases() -> None:
    for where in WRITERS.keys() - {"r/checkpoints/7"}:
        assert not {who for who in GRANTS if may(who, "DeleteObject", where)}, where
    assert may("training", "DeleteObject", "r/checkpoints/7")


def test_only_the_transfer_erases_and_only_batches() -> None:
    batch = "a/orders/batches/2011-09-01-0123456789abcdef.parquet"
    for action in ("DeleteObject", "DeleteObjectVersion"):
        assert {who for who in GRANTS if may(who, action, batch)} == {"transfer", "retrain"}
        assert not may("transfer", action, "a/orders/manifest.json")
    assert {who for who in GRANTS if may(who, "ListBucketVersions", "a")} == {"transfer", "retrain"}
    assert not [who for who in GRANTS if may(who, "DeleteObjectVersion", "r/releases/ab/model.onnx")]


@pytest.mark.parametrize(("who", "bucket"), [("transfer", "a"), ("training", "r"), ("validation", "r")])
def test_who_writes_finds_unfinished_uploads_and_goes_on_with_them(who: str, bucket: str) -> None:
    """What resuming a multipart upload asks of S3 (user guide, "Uploading ... multipart upload API and
    permissions")."""
    other = {"a": "r", "r": "a"}[bucket]
    assert may(who, "ListBucketMultipartUploads", bucket)
    assert not may(who, "ListBucketMultipartUploads", other)
    where = {"a": "a/orders/batches/x", "r": "r/releases/ab/validation.json"}[bucket]
    if who != "training":
        for action in ("AbortMultipartUpload", "ListMultipartUploadParts"):
            assert may(who, action, where)
    assert not may("serving", "ListBucketMultipartUploads", "r")


@pytest.mark.parametrize("who", GRANTS)
def test_only_writers_make_data_keys_and_nobody_touches_another_key(who: str) -> None:
    grant = GRANTS[who]
    assert allowed(grant, "kms:Decrypt", KEY)
    assert allowed(grant, "kms:GenerateDataKey", KEY) == bool(grant.writes)
    assert not allowed(grant, "kms:Decrypt", KEY.replace("data", "cluster"))
    assert not allowed(grant, "kms:ScheduleKeyDeletion", KEY)


@pytest.fixture(params=STACKS, scope="module")
def estate(request: pytest.FixtureRequest) -> Estate:
    return estate_of(request.param)


def test_federated_roles_trust_one_service_account_each(estate: Estate) -> None:
    trusts = {
        role.name: json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
        for role in estate.of("aws:iam/role:Role")
    }
    federated = {name: s for name, s in trusts.items() if s["Action"] == "sts:AssumeRoleWithWebIdentity"}
    assert {"pods-private-transfer", "pods-private-ranking", "pods-private-validation"} <= set(federated)
    subjects = []
    for statement in federated.values():
        conditions = statement["Condition"]
        assert set(conditions) == {"StringEquals"}, "a pattern would let other accounts in"
        (subject,) = (v for k, v in conditions["StringEquals"].items() if k.endswith(":sub"))
        (audience,) = (v for k, v in conditions["StringEquals"].items() if k.endswith(":aud"))
        assert audience == "sts.amazonaws.com"
        subjects.append(subject)
    assert len(set(subjects)) == len(subjects)


def test_every_role_is_for_a_service_account_that_exists(estate: Estate) -> None:
    """A role for a misspelt account would be found out by a pod that cannot read its bucket."""
    accounts = {
        f"{each.inputs['metadata']['namespace']}:{each.inputs['metadata']['name']}"
        for each in estate.of("kubernetes:core/v1:ServiceAccount")
    }
    # A chart makes the account that its values name.
    for release in estate.of("kubernetes:helm.sh/v3:Release"):
        account = release.inputs["values"].get("rbac", {}).get("serviceAccount", {})
        if "name" in account:
            accounts.add(f"{release.inputs['namespace']}:{account['name']}")
    wanted = {
        f"{each.inputs['namespace']}:{each.inputs['serviceAccount']}"
        for each in estate.of("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    }
    for role in estate.of("aws:iam/role:Role"):
        trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
        for key, value in trust.get("Condition", {}).get("StringEquals", {}).items():
            if key.endswith(":sub"):
                wanted.add(value.removeprefix("system:serviceaccount:"))
    assert wanted == accounts


def test_the_keys_secret_has_what_the_jobs_ask_of_it_and_stays_secret(estate: Estate) -> None:
    (keys,) = estate.of("kubernetes:core/v1:Secret")
    string_data = keys.inputs["stringData"]
    assert "4dabf18193072939515e22adb298388d" in string_data, "the keys are not marked as secret"
    asked = {
        env["valueFrom"]["secretKeyRef"]["key"]
        for job in estate.of("kubernetes:batch/v1:Job")
        for container in job.inputs["spec"]["template"]["spec"]["containers"]
        for env in container["env"]
        if "secretKeyRef" in env.get("valueFrom", {})
    }
    assert asked <= set(string_data["value"])
    assert all(string_data["value"].values())


def test_the_tuning_has_a_role_only_where_the_estate_tunes() -> None:
    settings = read(ROOT / "stacks" / "Pulumi.local.yaml")
    assert "tuning" not in {each.kind for each in workloads("aws", settings)}
    tuning = settings.training.tuning.model_copy(update={"enabled": True})
    retrain = settings.training.retrain.model_copy(update={"enabled": True})
    training = settings.training.model_copy(update={"tuning": tuning, "retrain": retrain})
    settings = settings.model_copy(update={"training": training})
    assert "tuning" in {each.kind for each in workloads("aws", settings)}
    assert "retrain" in {each.kind for each in workloads("openstack", settings)}


def test_an_estate_that_tunes_and_trains_again_has_accounts_for_its_roles_and_roles_for_its_accounts() -> (
    None
):
    settings = read(ROOT / "stacks" / "Pulumi.local.yaml")
    on = {
        "tuning": settings.training.tuning.model_copy(update={"enabled": True}),
        "retrain": settings.training.retrain.model_copy(update={"enabled": True}),
    }
    training = settings.training.model_copy(update=on)
    recorded = record(lambda: program(settings.model_copy(update={"training": training})), "local")
    test_every_role_is_for_a_service_account_that_exists(recorded)
    test_federated_roles_trust_one_service_account_each(recorded)
    cron_jobs = {
        resource.name: resource.inputs["spec"] for resource in recorded.of("kubernetes:batch/v1:CronJob")
    }
    assert set(cron_jobs) == {"retrain", "retrain-train", "retrain-rank", "retrain-validate"}
    assert {cron_job["concurrencyPolicy"] for cron_job in cron_jobs.values()} == {"Forbid"}
    jobs = {resource.name: resource.inputs["spec"] for resource in recorded.of("kubernetes:batch/v1:Job")}
    for what in ("train", "rank", "validate"):
        once = jobs[what]["template"]["spec"]
        again = cron_jobs[f"retrain-{what}"]["jobTemplate"]["spec"]["template"]["spec"]
        assert again["serviceAccountName"] == once["serviceAccountName"]
        env = [
            {
                variable["name"]: variable["value"]
                for variable in spec["containers"][0]["env"]
                if "value" in variable
            }
            for spec in (once, again)
        ]
        assert env[0].get("CANDIDATE") == env[1].get("CANDIDATE")
        assert env[0]["TRAINING_SETTINGS"] == env[1]["TRAINING_SETTINGS"]
    peers = {variable["name"]: variable for variable in again_env(cron_jobs["retrain-train"])}
    assert peers["TRAINING_PEERS"]["value"].startswith("$(JOB_NAME)-0.train:")
    assert peers["JOB_NAME"]["valueFrom"]["fieldRef"]["fieldPath"].endswith("job-name']")
    order = [variable["name"] for variable in again_env(cron_jobs["retrain-train"])]
    assert order.index("JOB_NAME") < order.index("TRAINING_PEERS"), "a variable is told after those it names"


def again_env(cron_job: dict[str, Any]) -> list[dict[str, Any]]:
    env: list[dict[str, Any]] = cron_job["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["env"]
    return env


@pytest.mark.parametrize("stack", STACKS)
def test_everyone_who_enters_eks_stands_in_the_stack_file(stack: str) -> None:
    """Each principal has one entry, and none is made by EKS behind the file's back outside a rehearsal."""
    settings = read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack).aws.cluster
    estate = estate_of(stack)
    entries = [each.inputs["principalArn"] for each in estate.of("aws:eks/accessEntry:AccessEntry")]
    policies = {
        each.inputs["principalArn"]: each.inputs["policyArn"].rpartition("/")[2]
        for each in estate.of("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    }
    assert sorted(entries) == sorted({*entries}) == sorted(policies)
    assert policies == {
        **dict.fromkeys(settings.viewers, "AmazonEKSViewPolicy"),
        **dict.fromkeys(settings.admins, "AmazonEKSClusterAdminPolicy"),
        **({settings.deployer: "AmazonEKSClusterAdminPolicy"} if settings.deployer else {}),
    }
    (cluster,) = estate.of("aws:eks/cluster:Cluster")
    hidden = cluster.inputs["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]
    assert hidden is (stack == "local")
