"""A component renamed by an alias, and a state brought back from a backup: nothing is made anew."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from isthmus.cli.commands import backup
from isthmus.cli.errors import CommandError
from rehearsal.engine.command import Engine
from rehearsal.home import Home
from training.release import Store

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

BUCKET = "isthmus-one-123456789012-releases"
PROGRAM = """
import pulumi
import pulumi_aws as aws

from infra.aws.keys import Keys
from infra.aws.object_store import Lifecycle, PrivateBucket
from infra.naming import Naming

cloud = aws.Provider(
    "aws", region="eu-west-1", access_key="rehearsal", secret_key="rehearsal",
    endpoints=[aws.ProviderEndpointArgs(**dict.fromkeys(("s3", "kms", "sts"), {url!r}))],
)
keys = Keys("keys", naming=Naming("one"), account_id="123456789012", region="eu-west-1", protect=False,
    opts=pulumi.ResourceOptions(provider=cloud))
PrivateBucket(
    {name!r}, bucket_name={bucket!r}, account_id="123456789012", lifecycle=Lifecycle(superseded_days=90),
    kms_key_arn=keys.data_key_arn, logs=None, keep_objects=False, protect=False,
    opts=pulumi.ResourceOptions(provider=cloud, aliases={aliases}),
)
"""
ALIAS = '[pulumi.Alias(name="releases")]'


def _ids(engine: Engine) -> dict[str, str | None]:
    """Every resource of the state, and what its cloud calls it; secrets are encrypted anew at an import."""
    return {each["urn"]: each.get("id") for each in engine.export("one")["deployment"]["resources"]}


@pytest.fixture
def url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_an_alias_renames_a_component_and_all_in_it_without_a_replacement(
    home: Home, tiny: Callable[..., Path], url: str
) -> None:
    told = {"url": url, "bucket": BUCKET}
    engine = Engine(home, tiny(PROGRAM.format(name="releases", aliases=[], **told)))
    made = engine.up("one").created
    ids = {each["id"] for each in engine.export("one")["deployment"]["resources"] if each.get("id")}
    tiny(PROGRAM.format(name="models", aliases=[], **told))
    assert engine.update("preview", "one").created, "without an alias all of it would be made anew"
    tiny(PROGRAM.format(name="models", aliases=ALIAS, **told))
    renamed = engine.up("one")
    assert (renamed.created, renamed.replaced, renamed.deleted) == (0, 0, 0)
    resources = engine.export("one")["deployment"]["resources"]
    assert {each["id"] for each in resources if each.get("id")} == ids
    assert not [each["urn"] for each in resources if each["urn"].endswith("::releases")]
    # Once it is up so, the alias may go.
    tiny(PROGRAM.format(name="models", aliases=[], **told))
    again = engine.up("one")
    assert (again.created, again.updated, again.replaced, again.deleted) == (0, 0, 0, 0)
    assert engine.destroy("one").deleted == made


def test_a_state_that_was_lost_comes_back_from_a_backup_and_nothing_is_made_twice(
    home: Home, tiny: Callable[..., Path], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(home, tiny(PROGRAM.format(name="releases", aliases=[], url=url, bucket=BUCKET)))
    engine.up("one")
    client = boto3.Session("rehearsal", "rehearsal").client("s3", region_name="eu-west-1", endpoint_url=url)
    settings = SimpleNamespace(serving=SimpleNamespace(trusted_keys=[]))
    monkeypatch.setattr(backup, "_store", lambda _: (settings, Store(BUCKET, client)))
    monkeypatch.setattr("isthmus.cli.stack_engine.engine_of", lambda _: engine)
    kept = tmp_path / "backup"
    backup.backup("one", kept)
    assert (kept / backup.STATE).stat().st_mode & 0o077 == 0
    before = _ids(engine)

    with pytest.raises(CommandError, match="is not empty"):
        backup.restore("one", kept, state=True)
    (home.state / ".pulumi" / "stacks" / "tiny" / "one.json").unlink()
    with pytest.raises(CommandError, match="pulumi stack init one"):
        backup.restore("one", kept, state=True)
    engine.stack_select_or_init("one")
    with pytest.raises(CommandError, match="is no state"):
        backup.restore("one", tmp_path, state=True)
    backup.restore("one", kept, state=True)
    assert _ids(engine) == before
    again = engine.up("one")
    assert (again.created, again.updated, again.replaced, again.deleted) == (0, 0, 0, 0)
    engine.destroy("one")
