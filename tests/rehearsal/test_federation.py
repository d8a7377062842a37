"""A pod's token of the private cluster, taken for a role by the rehearsal's STS, or refused as AWS does."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.aws.identity import AUDIENCE, ServiceAccount, web_identity_trust
from rehearsal.control_plane import clusters, running
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.of_home import control_plane
from rehearsal.home import Home
from rehearsal.plugins.aws import moto_server, web_identity
from rehearsal.ports import free_ports

pytestmark = pytest.mark.timeout(300)

SITE = "isthmus-local-openstack"
ISSUER = "https://issuer.rehearsal.example"
POD = ServiceAccount("training", "ranking")


class Shores:
    """A cluster that signs, and an account that trusts it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._url = f"http://127.0.0.1:{free_ports(1)}"
        moto_server.ensure(home.aws, self._url)
        plane = control_plane(home, SITE)
        self.api = Api(plane, running.url(plane))
        iam = self.client("iam")
        made = iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=[AUDIENCE])
        trust = web_identity_trust(made["OpenIDConnectProviderArn"], ISSUER, POD)
        self.role = iam.create_role(RoleName="ranking", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        for name in (POD.name, "other"):
            meta = {"name": name, "namespace": POD.namespace}
            if name == POD.name:
                self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": POD.namespace}})
            self.api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name="eu-west-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )

    def token(self, audience: str = AUDIENCE, account: str = POD.name) -> str:
        return self.api.token(POD.namespace, account, {"audiences": [audience], "expirationSeconds": 3600})

    def take(self, token: str, role: str = "") -> Any:
        return self.client("sts").assume_role_with_web_identity(
            RoleArn=role or self.role, RoleSessionName="test", WebIdentityToken=token
        )

    def refusal(self, token: str, role: str = "") -> tuple[str, str]:
        with pytest.raises(ClientError) as refused:
            self.take(token, role)
        error = refused.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture(scope="module")
def shores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shores]:
    home = Home(tmp_path_factory.mktemp("shores") / "home")
    clusters.start(home, [SITE], issuers={SITE: ISSUER})
    yield Shores(home)
    moto_server.stop(home.aws)
    clusters.end(home, SITE)


def claims(token: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")))


def changed(token: str, **other: Any) -> str:
    """The token with other claims, and the signature as it was."""
    head, _, signature = token.split(".")
    told = json.dumps({**claims(token), **other})
    body = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


def test_a_pod_takes_the_role_of_its_account(shores: Shores) -> None:
    assert shores.take(shores.token())["AssumedRoleUser"]["Arn"].endswith(":assumed-role/ranking/test")


def test_what_aws_refuses_is_refused_by_the_same_code(shores: Shores) -> None:
    good = shores.token()
    other = f"{ISSUER}.other"
    said = {
        "another audience": shores.refusal(shores.token(audience="elsewhere")),
        "another issuer": shores.refusal(changed(good, iss=other)),
        "tampered": shores.refusal(changed(good, sub=f"system:serviceaccount:{POD.namespace}:other")),
        "no token": shores.refusal("not-a-token-at-all"),
    }
    assert said == {
        "another audience": ("InvalidIdentityToken", "Incorrect token audience"),
        "another issuer": (
            "InvalidIdentityToken",
            f"No OpenIDConnect provider found in your account for {other}",
        ),
        "tampered": ("InvalidIdentityToken", "The signature of the token is not its issuer's."),
        "no token": ("InvalidIdentityToken", "The ID Token provided is not a valid JWT."),
    }
    missing = shores.role.replace("ranking", "missing")
    for refused in (shores.refusal(shores.token(account="other")), shores.refusal(good, missing)):
        assert refused == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def test_a_token_has_its_time(shores: Shores, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortest token of an API server lives for ten minutes: here its judge comes later."""
    token = shores.token()
    provider = "arn:aws:iam::123456789012:oidc-provider/" + ISSUER.removeprefix("https://")
    asked = {
        "providers": {provider: [AUDIENCE]},
        "trust": json.loads(web_identity_trust(provider, ISSUER, POD)),
        "keys_of": lambda _: shores.api.signing_keys(),
    }
    web_identity.check(token, **asked)
    monkeypatch.setattr(time, "time", lambda: float(claims(token)["exp"]))
    with pytest.raises(web_identity.Rejected, match="expired") as rejected:
        web_identity.check(token, **asked)
    assert rejected.value.code == "ExpiredTokenException"


def test_another_issuer_is_that_of_the_next_tokens(shores: Shores) -> None:
    """As where a person has set it for the operator's cluster, and AWS has not heard of it."""
    clusters.start(shores.home, [SITE], issuers={SITE: f"{ISSUER}/new"})
    token = shores.token()
    assert claims(token)["iss"] == f"{ISSUER}/new"
    assert shores.refusal(token)[1] == f"No OpenIDConnect provider found in your account for {ISSUER}/new"
    clusters.start(shores.home, [SITE], issuers={SITE: ISSUER})
    shores.take(shores.token())
