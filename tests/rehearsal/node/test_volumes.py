"""What a pod finds in its folders: Secrets, tokens of its account, a volume that two pods share."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.rehearsal.cluster.conftest import container, wait_for
from tests.rehearsal.node.conftest import SECONDS, LiveWorld, conditions

pytestmark = pytest.mark.timeout(300)

AWS = "sts.amazonaws.com"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def logs_of(live: LiveWorld, name: str, spec: dict[str, Any]) -> list[str]:
    """What the pod of a Job says, line by line."""
    live.job(name, "", template=spec)
    assert "Complete" in conditions(live.finished(name))
    (pod,) = live.job_pods(name)
    return live.log(pod).splitlines()


def test_tokens_are_the_api_servers_and_secrets_are_read(live: LiveWorld) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "default"}}
    live.cluster.api.apply({**secret, "stringData": {"word": "open sesame"}})
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
    said = logs_of(live, "reads", {"containers": [own], "volumes": volumes})
    assert said[:2] == ["open sesame"] * 2
    assert claims(live, said[2])["aud"] == [AWS]
    default = claims(live, said[3])
    assert default["aud"] == [live.cluster.url]
    assert default["sub"] == "system:serviceaccount:default:default"
    assert default["kubernetes.io"]["pod"]["name"] == live.job_pods("reads")[0]["metadata"]["name"]
    assert said[4].startswith("-----BEGIN CERTIFICATE-----")
    assert said[5] == "default"


def claims(live: LiveWorld, token: str) -> dict[str, Any]:
    """What a token says, verified by the keys that its issuer shows."""
    signed, _, signature = token.rpartition(".")
    header, told = (json.loads(decoded(part)) for part in signed.split("."))
    keys = live.cluster.api._ask("GET", "/openid/v1/jwks")["keys"]
    (key,) = [one for one in keys if one["kid"] == header["kid"]]
    numbers = rsa.RSAPublicNumbers(*(int.from_bytes(decoded(key[name])) for name in ("e", "n")))
    numbers.public_key().verify(decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert told["iss"] == live.cluster.url
    return dict(told)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_an_account_that_mounts_no_token_has_none(live: LiveWorld) -> None:
    script = "import pathlib, sys; print(pathlib.Path(sys.argv[1]).exists())"
    one = container(script, args=[f"{ACCOUNT}/token"])
    assert logs_of(live, "bare", {"containers": [one], "automountServiceAccountToken": False}) == ["False"]


@pytest.mark.parametrize("mode", ["Immediate", "WaitForFirstConsumer"])
def test_two_pods_share_a_claim_which_goes_with_its_files(live: LiveWorld, mode: str) -> None:
    name = f"shared-{mode.lower()}"
    live.cluster.api.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": "ebs.csi.aws.com",
            "volumeBindingMode": mode,
        }
    )
    live.apply(
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
    logs_of(live, f"{name}-writes", {"containers": [writes], "volumes": volumes})
    assert logs_of(live, f"{name}-reads", {"containers": [reads], "volumes": volumes}) == ["kept"]
    volume = live.get("PersistentVolumeClaim", name)["spec"]["volumeName"]
    for job in (f"{name}-writes", f"{name}-reads"):
        live.cluster.api.delete("batch/v1", "Job", job, "default", propagation="Background")
    live.cluster.api.delete("v1", "PersistentVolumeClaim", name, "default")
    wait_for(lambda: live.cluster.get("PersistentVolume", volume) is None, SECONDS)
    assert not (live.cluster.folder / "volumes" / volume).exists()
