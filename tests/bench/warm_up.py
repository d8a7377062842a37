"""A warm ``pulumi up -s local`` without changes, beside the same number of bare resources."""

from __future__ import annotations

from pathlib import Path

from rehearsal.engine.command import Engine
from rehearsal.estate import Estate
from tests.bench.measure import Sample

PROGRAM = """\
import pulumi_aws as aws
for number in range({count}):
    aws.sqs.Queue(f"queue-{{number}}")
"""
STACK_FILE = """\
config:
  aws:region: eu-west-1
  aws:endpoints:
    - sqs: {url}
      sts: {url}
  aws:accessKey: rehearsal
  aws:secretKey: rehearsal
  aws:skipCredentialsValidation: "true"
  aws:skipRequestingAccountId: "true"
"""


def compare(estate: Estate, rounds: int) -> tuple[int, Sample, Sample]:
    """``(resources, the estate's seconds, the bare program's)`` of no-op ups, in turns. The estate is up."""
    resources = len(estate.resources())
    bare = _bare(estate, resources - 2)  # the stack itself and the provider are resources as well
    bare.up("bare")
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_unchanged(estate.engine, "local"))
        theirs.append(_unchanged(bare, "bare"))
    bare.destroy("bare")
    return resources, Sample(tuple(ours)), Sample(tuple(theirs))


def _unchanged(engine: Engine, stack: str) -> float:
    result = engine.up(stack)
    if result.unchanged != result.resources:
        raise RuntimeError(f"{stack} was to be unchanged: {result}")
    return result.seconds


def _bare(estate: Estate, count: int) -> Engine:
    folder = estate.project_dir.parent / "bare"
    (folder / "stacks").mkdir(parents=True)
    (folder / ".venv").symlink_to(Path(estate.project_dir / ".venv").resolve())
    settings = (estate.project_dir / "Pulumi.yaml").read_text().replace("name: isthmus", "name: bare")
    (folder / "Pulumi.yaml").write_text(settings.replace("main: infra\n", ""))
    (folder / "__main__.py").write_text(PROGRAM.format(count=count))
    (folder / "stacks" / "Pulumi.bare.yaml").write_text(
        STACK_FILE.format(url=estate.settings.aws.endpoint_url)
    )
    return Engine(estate.home, folder)
