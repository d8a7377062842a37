"""What a pod finds in its folders: Secrets, tokens of its account, a volume that two pods share."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.rehearsal.cluster.conftest import SECONDS, World, conditions, container, wait_for

pytestmark = pytest.mark.timeout(300)

AWS = "sts.amazonaws.com"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def logs_of(world: World, name: str, spec: dict[str, Any]) -> list[str]:
    """What the pod of a Job says, line by line."""
    world.job(name, "", template=spec)
    assert "Complete" in conditions(world.finished(name))
    (pod,) = world.job_pods(name)
    return world.log(pod).splitlines()


def test_tokens_are_the_api_servers_and_secrets_are_read(world: World) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "default"}}
    world.cluster.api.apply({**secret, "stringData": {"word": "open sesame"}})
    script = (
        "import os, pathlib, sys\n"
        "print(os.environ['WORD'])\n"
        "[print(pathlib.Path(file).read_text().strip().replace('\\n', ' ')) for file in sys.argv[1:]]\n"
    )
    token = {"serviceAccountToken": {"audience": AWS, "expirationSeconds": 3600, "path": "token"}}
    word = {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "key", "key": "word"}}}
    own = container(
        script,
        args=["/keys/word", "/aws/token", f"{ACCOUNT}/token", f"{ACCOUNT}/ca.crt", f"{ACCOUNT}/namespace"],
        env=[word],
        volumeMounts=[{"name": "keys", "mountPath": "/keys"}, {"name": "aws", "mountPath": "/aws"}],
    )
    volumes = [
        {"name": "keys", "secret": {"secretName": "key"}},
        {"name": "aws", "projected": {"sources": [token]}},
    ]
    said = logs_of(world, "reads", {"containers": [own], "volumes": volumes})
    assert said[:2] == ["open sesame"] * 2
    assert claims(world, said[2])["aud"] == [AWS]
    default = claims(world, said[3])
    assert default["aud"] == [world.cluster.url]
    assert default["sub"] == "system:serviceaccount:default:default"
    assert default["kubernetes.io"]["pod"]["name"] == world.job_pods("reads")[0]["metadata"]["name"]
    assert said[4].startswith("-----BEGIN CERTIFICATE-----")
    assert said[5] == "default"


def claims(world: World, token: str) -> dict[str, Any]:
    """What a token says, verified by the keys that its issuer shows."""
    signed, _, signature = token.rpartition(".")
    header, told = (json.loads(decoded(part)) for part in signed.split("."))
    keys = world.cluster.api._ask("GET", "/openid/v1/jwks")["keys"]
    (key,) = [one for one in keys if one["kid"] == header["kid"]]
    numbers = rsa.RSAPublicNumbers(*(int.from_bytes(decoded(key[name])) for name in ("e", "n")))
    numbers.public_key().verify(decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert told["iss"] == world.cluster.url
    return dict(told)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_an_account_that_mounts_no_token_has_none(world: World) -> None:
    script = "import pathlib, sys; print(pathlib.Path(sys.argv[1]).exists())"
    one = container(script, args=[f"{ACCOUNT}/token"])
    assert logs_of(world, "bare", {"containers": [one], "automountServiceAccountToken": False}) == ["False"]


@pytest.mark.parametrize("mode", ["Immediate", "WaitForFirstConsumer"])
def test_two_pods_share_a_claim_which_goes_with_its_files(world: World, mode: str) -> None:
    name = f"shared-{mode.lower()}"
    world.cluster.api.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": "ebs.csi.aws.com",
            "volumeBindingMode": mode,
        }
    )
    world.apply(
        "PersistentVolumeClaim",
        name,
        {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": name,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    )
    volumes = [{"name": "disk", "persistentVolumeClaim": {"claimName": name}}]
    mount = [{"name": "disk", "mountPath": "/disk"}]
    writes = container(
        "import sys; open(sys.argv[1], 'w').write('kept')", args=["/disk/a"], volumeMounts=mount
    )
    reads = container("import sys; print(open(sys.argv[1]).read())", args=["/disk/a"], volumeMounts=mount)
    logs_of(world, f"{name}-writes", {"containers": [writes], "volumes": volumes})
    assert logs_of(world, f"{name}-reads", {"containers": [reads], "volumes": volumes}) == ["kept"]
    volume = world.get("PersistentVolumeClaim", name)["spec"]["volumeName"]
    for job in (f"{name}-writes", f"{name}-reads"):
        world.cluster.api.delete("batch/v1", "Job", job, "default", propagation="Background")
    world.cluster.api.delete("v1", "PersistentVolumeClaim", name, "default")
    wait_for(lambda: world.cluster.get("PersistentVolume", volume) is None, SECONDS)
    assert not (world.cluster.folder / "volumes" / volume).exists()
