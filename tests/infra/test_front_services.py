"""Fronts in the estate: what stands before them, who may ask, and what AWS's controller may do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.__main__ import estate as estate_program
from infra.aws.load_balancers import rights
from infra.front_services import front_files, load_balancer
from infra.naming import Naming
from infra.settings import SettingsError
from serving.components.front_pod import SPOOL
from serving.front.callers import Callers
from serving.front.guard import Guard
from serving.front.keys import ApiKeys
from serving.front.rules import Rules
from serving.front.settings import StoreSettings, read_settings
from serving.front.store import END_S
from tests.infra.recorded import Estate, changed_settings, estate_of, record

ARN = "arn:aws:acm:eu-west-1:{account}:certificate/12345678-90ab-cdef-1234-567890abcdef"
CONTAINER = "https://keys.example.org/v1/containers/1"
ON: dict[str, Any] = {
    "serving.sites": ["aws", "openstack"],
    "serving.front.enabled": True,
    "serving.front.callers": [{"name": "shop", "sha256": "1" * 64}],
    "serving.front.guard": [{"name": "recalled", "reason": "by its maker", "deny": ["23344"]}],
    "serving.front.from_cidrs": ["10.250.0.0/16"],
}


def with_certificates(stack: str) -> dict[str, Any]:
    account = changed_settings(stack, {}).aws.account_id
    return {
        "serving.front.certificates.aws": ARN.format(account=account),
        "serving.front.certificates.openstack": CONTAINER,
    }


@pytest.fixture(scope="module")
def fronted() -> Estate:
    settings = changed_settings("prod", {**ON, **with_certificates("prod")})
    return record(lambda: estate_program(settings), "prod")


def of_fronts(estate: Estate, token: str) -> dict[str, dict[str, Any]]:
    """Inputs by site."""
    found = {each.name: each.inputs for each in estate.of(token)}
    return {name.removesuffix("-front"): each for name, each in found.items() if name.endswith("-front")}


def test_both_sites_get_a_load_balancer_that_no_internet_reaches(fronted: Estate) -> None:
    services = of_fronts(fronted, "kubernetes:core/v1:Service")
    assert {*services} == {"aws", "openstack"}
    for site, service in services.items():
        spec, said = service["spec"], service["metadata"]["annotations"]
        assert spec["type"] == "LoadBalancer"
        assert [port["port"] for port in spec["ports"]] == [443]
        network = str(getattr(changed_settings("prod", {}), site).network.cidr)
        assert spec["loadBalancerSourceRanges"] == [network, "10.250.0.0/16"]
        inside = {
            "aws": ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
            "openstack": ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
        }[site]
        assert said[inside[0]] == inside[1]
        assert CONTAINER in said.values() or any("arn:aws:acm" in value for value in said.values())


def test_only_balancers_and_the_collector_reach_a_front_and_it_reaches_triton_alone(fronted: Estate) -> None:
    for policy in of_fronts(fronted, "kubernetes:networking.k8s.io/v1:NetworkPolicy").values():
        (rule,) = policy["spec"]["ingress"]
        assert [port["port"] for port in rule["ports"]] == [8080]
        assert all("ipBlock" in peer or "namespaceSelector" in peer for peer in rule["from"])
        (out,) = policy["spec"]["egress"]
        assert out["to"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "triton"}}}]
        assert [port["port"] for port in out["ports"]] == [8001]


def test_fronts_bring_feedback_by_a_role_that_reads_nothing(fronted: Estate) -> None:
    pods = {
        site: each["spec"]["template"]["spec"]
        for site, each in of_fronts(fronted, "kubernetes:apps/v1:Deployment").items()
    }
    arrivals = fronted.outputs["buckets"]["arrivals"]
    for pod in pods.values():
        (container,) = pod["containers"]
        assert container["args"][-4:] == ["--spool", SPOOL, "--store", f"s3://{arrivals}/feedback/"]
        assert StoreSettings(url=container["args"][-1])
        assert {"name": "spool", "mountPath": SPOOL} in container["volumeMounts"]
        assert pod["terminationGracePeriodSeconds"] >= 30 + 15 + END_S
    # EKS hands out the role; the private site's cluster signs a token for it.
    asks = {
        site: any(one["name"] == "AWS_ROLE_ARN" for one in pod["containers"][0]["env"])
        for site, pod in pods.items()
    }
    assert asks == {"aws": False, "openstack": True}
    assert [volume["name"] for volume in pods["openstack"]["volumes"]][-1] == "aws-token"
    policies = [
        each.inputs for each in fronted.of("aws:iam/rolePolicy:RolePolicy") if each.name.endswith("-front")
    ]
    assert len(policies) == 2
    for policy in policies:
        allowed = {
            action: statement["Resource"]
            for statement in json.loads(policy["policy"])["Statement"]
            for action in (
                [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            )
        }
        assert allowed["s3:PutObject"] == [f"arn:aws:s3:::{arrivals}/feedback/*"]
        assert not {"s3:GetObject", "s3:ListBucket", "s3:DeleteObject"} & {*allowed}


def test_fronts_that_take_no_feedback_have_no_role_and_no_spool() -> None:
    off = {**ON, **with_certificates("prod"), "serving.front.feedback": False}
    settings = changed_settings("prod", off)
    found = record(lambda: estate_program(settings), "prod")
    assert not [each for each in found.of("aws:iam/role:Role") if each.name.endswith("-front")]
    deployment = of_fronts(found, "kubernetes:apps/v1:Deployment")["openstack"]
    pod = deployment["spec"]["template"]["spec"]
    assert not {"--store", "--spool"} & {*pod["containers"][0]["args"]}
    assert [volume["name"] for volume in pod["volumes"]] == ["config", "tmp"]


def test_a_front_reads_the_files_that_the_estate_writes(fronted: Estate, tmp_path: Any) -> None:
    (config, _) = of_fronts(fronted, "kubernetes:core/v1:ConfigMap").values()
    for name, text in config["data"].items():
        (tmp_path / name).write_text(text)
    options = {"triton": ["grpc://triton:8001"], "keys": str(tmp_path / "keys.yaml")}
    settings = read_settings(tmp_path / "settings.yaml", options)
    assert settings.times.drain_s == 30
    assert settings.port == 8080
    assert not settings.anonymous
    assert ApiKeys.model_validate_json((tmp_path / "keys.yaml").read_text()).keys[0].name == "shop"
    Callers(settings)
    rules = Rules.model_validate_json((tmp_path / "rules.yaml").read_text()).rules
    assert Guard(rules).takes("23344") == rules[0]


def test_only_a_rule_needs_no_new_pod(fronted: Estate) -> None:
    def told(estate: Estate) -> str:
        deployment = of_fronts(estate, "kubernetes:apps/v1:Deployment")["aws"]
        return str(deployment["spec"]["template"]["metadata"]["annotations"]["isthmus.dev/front-settings"])

    def changed(changes: dict[str, Any]) -> Estate:
        settings = changed_settings("prod", {**ON, **with_certificates("prod"), **changes})
        return record(lambda: estate_program(settings), "prod")

    assert told(changed({"serving.front.guard": []})) == told(fronted)
    assert told(changed({"serving.front.answer_s": 0.5})) != told(fronted)


def test_the_controller_changes_what_is_of_its_cluster_alone() -> None:
    policy = rights("isthmus-prod-aws", "111122223333", "eu-west-1")
    for statement in policy["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert not any("*" in action for action in actions)
        if statement["Resource"] == "*":
            assert all(action.split(":")[1].startswith(("Describe", "Get")) for action in actions)
        changes = [action for action in actions if not action.split(":")[1].startswith("Describe")]
        if changes and statement["Sid"] not in ("Looks", "MakesGroups"):
            assert "isthmus-prod-aws" in json.dumps(statement["Condition"]), statement["Sid"]


def test_no_front_no_controller(fronted: Estate) -> None:
    def has(estate: Estate) -> bool:
        return any("load-balancer" in each.name for each in estate.of("kubernetes:helm.sh/v3:Release"))

    assert has(fronted)
    assert not has(estate_of("prod"))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"serving.front.callers": []}, "serving.front.callers"),
        ({"serving.front.certificates.aws": None}, "serving.front.certificates.aws"),
        (
            {"serving.front.certificates.aws": ARN.format(account="999999999999")},
            "serving.front.certificates.aws",
        ),
        ({"platform.runs": ["metrics_server", "cert_manager"]}, "platform.runs"),
        (
            {
                "serving.front.tokens": {
                    "issuer": "https://id.example.org",
                    "audience": "front",
                    "jwks": "/etc/keys.json",
                }
            },
            "serving.front.tokens.jwks",
        ),
        ({"serving.front.replicas": {"min": 3, "max": 2}}, "serving.front.replicas.max"),
        (
            {"serving.front.callers": [{"name": "a", "sha256": "1" * 64}, {"name": "a", "sha256": "2" * 64}]},
            "serving.front.callers",
        ),
    ],
)
def test_what_would_leave_a_front_open_or_unheard_is_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        changed_settings("prod", {**ON, **with_certificates("prod"), **changes})
    assert key in [problem.path for problem in caught.value.problems]


def test_without_a_certificate_the_port_says_so() -> None:
    settings = changed_settings(
        "local",
        {**ON, "serving.front.plain_http": True, "platform.runs": ["metrics_server", "load_balancers"]},
    )
    assert load_balancer("aws", settings, Naming("local")).port == 80
    assert "keys.yaml" in front_files(settings).contents()
