"""For which region a client signs: stores refuse requests that are signed for another one."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError

from isthmus.object_store import aws_client, client_for_orders

VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_aws_is_asked_in_the_region_that_either_variable_names(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "eu-central-1")
    client = aws_client()
    assert client.meta.region_name == "eu-central-1"
    assert client.meta.endpoint_url == "https://s3.eu-central-1.amazonaws.com"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_token_is_exchanged_in_that_region_too(
    monkeypatch: pytest.MonkeyPatch, variable: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pods of the private site get their role by ``AssumeRoleWithWebIdentity``."""
    token = tmp_path_factory.mktemp("identity") / "token"
    token.write_text("a token")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::333333333333:role/transfer")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv(variable, "eu-central-1")
    asked: list[str] = []

    def send(_: object, request: AWSPreparedRequest) -> None:
        asked.append(urlsplit(request.url).netloc)
        raise EndpointConnectionError(endpoint_url=request.url)

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(EndpointConnectionError):
        aws_client().list_buckets()
    assert set(asked) == {"sts.eu-central-1.amazonaws.com"}


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"ORDERS_REGION": "RegionOne", "AWS_REGION": "eu-central-1"}, "RegionOne"),
        ({"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ({}, "us-east-1"),
    ],
)
def test_the_private_store_has_a_region_of_its_own(variables: dict[str, str], region: str) -> None:
    store = {
        "ORDERS_ENDPOINT_URL": "https://objects.example.org",
        "ORDERS_ACCESS_KEY_ID": "a",
        "ORDERS_SECRET_ACCESS_KEY": "b",
    }
    client = client_for_orders(store | variables)
    assert client.meta.region_name == region
    if region != "us-east-1":  # where botocore signs addresses the old way, without a region
        assert f"%2F{region}%2Fs3%2Faws4_request" in client.generate_presigned_url("list_buckets")
