"""Whether Spark has a job that starts it, and its executors nodes that hold them."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.catalogue import instance_types
from infra.settings.model import Settings
from isthmus.settings.errors import Problem

RESERVED_CPUS, RESERVED_GIB = 1, 2
"""Of a node, for its kubelet and the pods of every node: ours, and on the safe side."""


def data_stage(settings: Settings) -> Iterator[Problem]:
    """Problems with the data stage and its executors."""
    training, aws = settings.training, settings.aws
    data, executors = training.data, training.data.executors
    if training.engine == "spark" and not data.job:
        yield Problem(
            "training.data.job",
            "is false, and training.engine is spark: only the data stage of its own holds Spark; set this to "
            "true, or training.engine to embedded",
        )
        return
    system = aws.cluster.system_nodes
    kind, most, key = system.instance_type, system.max, "aws.cluster.system_nodes"
    if (name := executors.pool) is not None:
        key = f"aws.cpu_pools.{name}"
        pool = aws.cpu_pools.get(name)
        if pool is None:
            listed = f"there are {', '.join(aws.cpu_pools)}" if aws.cpu_pools else "there is none"
            yield Problem(
                "training.data.executors.pool",
                f"is {name}, which aws.cpu_pools does not have ({listed}): name one of them or add it",
            )
            return
        kind, most = pool.instance_type, pool.max
    machine = instance_types().get(kind)
    if training.engine != "spark" or machine is None or machine.gpus:
        return
    cpus, mib = machine.vcpus - RESERVED_CPUS, round((machine.memory_gib - RESERVED_GIB) * 1024)
    for path, wanted, has, unit in (
        ("cpus", executors.cpus, cpus, "CPUs"),
        ("memory", executors.memory, mib, "MiB"),
    ):
        if wanted > has:
            yield Problem(
                f"training.data.executors.{path}",
                f"is {wanted}, and a {kind} of {key} has {has} {unit} for one: lower it, or "
                "take a larger type",
            )
    if executors.cpus > cpus or executors.memory > mib:
        return
    room = most * min(cpus // executors.cpus, mib // executors.memory)
    if executors.pool is not None and 0 < room < executors.count:
        yield Problem(
            "training.data.executors.count",
            f"is {executors.count}, and the {most} nodes of {key}.max hold {room}: lower it, or raise the "
            "other",
        )
