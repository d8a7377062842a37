"""Take an estate down: its clusters, then what their controllers left in the clouds, then the rest.

Nothing but its controllers takes away what a cluster made for itself: load balancers of Services, volumes of
claims, nodes of an autoscaler. No state knows these, and a network goes only when they have gone. So the
clusters end first, with all that runs in them, and nobody is left to make anything anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from infra.naming import Naming
from infra.teardown import aws, openstack, state
from infra.teardown.leftover import Leftover
from isthmus.errors import IsthmusError

Say = Callable[[str], None]
ROUNDS: Final = 5
"""Looks at the clouds until nothing is left: what one thing held is free in the next."""


class TeardownRefused(IsthmusError):
    """The estate stays; the message says why and what to do."""


class Engine(Protocol):
    """What the end of an estate needs of the engine."""

    def export(self, stack: str, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's deployment."""

    def take(self, stack: str, deployment: Mapping[str, Any]) -> None:
        """Make a deployment the stack's own."""

    def end(self, stack: str, targets: Sequence[str]) -> None:
        """Delete some resources and what depends on them; all where none is named."""


class Clouds(Protocol):
    """Both clouds, by credentials that may delete."""

    def aws(self, service: str) -> Any:
        """A boto3 client."""

    def openstack(self) -> Any:
        """An openstacksdk connection."""


@dataclass(frozen=True)
class Plan:
    """What would go, for a person to read before it does."""

    stack: str
    deployment: Mapping[str, Any]
    leftovers: tuple[Leftover, ...]
    full: tuple[str, ...]
    """Stores that hold objects and are kept for it."""

    @property
    def resources(self) -> int:
        """How many resources of the state."""
        return len(state.resources(self.deployment))

    @property
    def protected(self) -> list[str]:
        """Names of what is protected."""
        return [urn.rpartition("::")[2] for urn in state.protected(self.deployment)]


def plan(engine: Engine, clouds: Clouds, stack: str) -> Plan:
    """Look at what stands. Reads only.

    Raises:
        TeardownRefused: an up was killed and has left operations open.
    """
    deployment = engine.export(stack).get("deployment") or {}
    if deployment.get("pending_operations"):
        raise TeardownRefused(
            f"An up of {stack} was killed and left operations open: run `isthmus recover {stack}` first."
        )
    return Plan(
        stack,
        deployment,
        tuple(_leftovers(clouds, stack, deployment, servers=False)),
        tuple(_full(clouds, deployment)),
    )


def tear_down(engine: Engine, clouds: Clouds, plan: Plan, say: Say) -> None:
    """Do it. Whatever stops it on its way, the same call goes on.

    Raises:
        TeardownRefused: a store holds objects that are kept, before anything is touched; or something of a
            cluster's cannot be deleted, after the clusters.
    """
    if plan.full:
        raise TeardownRefused(
            f"{', '.join(plan.full)} hold objects, and are kept for them: copy what is still wanted, set "
            "aws.object_store.keep_objects and openstack.object_store.keep_objects to false, run "
            "`pulumi up`, and then this again. Nothing was touched."
        )
    stack, deployment = plan.stack, plan.deployment
    if state.protected(deployment) or state.refuses_deletion(deployment):
        for cluster in state.refuses_deletion(deployment):
            clouds.aws("eks").update_cluster_config(name=cluster, deletionProtection=False)
            say(f"EKS no longer refuses to delete {cluster}.")
        whole = engine.export(stack)
        engine.take(stack, {**whole, "deployment": state.unprotected(whole["deployment"])})
        say(f"No longer protected: {', '.join(plan.protected) or 'nothing'}.")
    if clusters := [one["urn"] for one in state.of_type(deployment, *state.CLUSTERS)]:
        say("The clusters, with all that runs in them:")
        engine.end(stack, clusters)
    _sweep(clouds, stack, deployment, say)
    if state.resources(deployment):
        say("The rest, networks last:")
        engine.end(stack, ())


def _sweep(clouds: Clouds, stack: str, deployment: Mapping[str, Any], say: Say) -> None:
    refused: list[str] = []
    for _ in range(ROUNDS):
        if not (found := list(_leftovers(clouds, stack, deployment))):
            return
        refused = []
        for one in found:
            try:
                one.delete()
                say(f"Deleted, and in no state: {one}.")
            except Exception as error:
                refused.append(f"{one} ({str(error).splitlines()[0]})")
        if not refused:
            continue
    if left := refused or [str(one) for one in _leftovers(clouds, stack, deployment)]:
        raise TeardownRefused(
            f"What the clusters of {stack} made is still there, and networks cannot go before it: "
            f"{'; '.join(left)}. Run the same command again."
        )


def _leftovers(
    clouds: Clouds, stack: str, deployment: Mapping[str, Any], *, servers: bool = True
) -> Iterator[Leftover]:
    naming = Naming(stack)
    if any(one["type"].startswith("aws:") for one in state.resources(deployment)):
        yield from aws.leftovers(clouds.aws, naming.cluster("aws"))
    for network in state.of_type(deployment, state.NETWORK):
        known = state.ids(state.resources(deployment))
        cluster = naming.cluster("openstack")
        yield from openstack.leftovers(
            clouds.openstack(), str(network["id"]), cluster, known, servers=servers
        )


def _full(clouds: Clouds, deployment: Mapping[str, Any]) -> Iterator[str]:
    for bucket in state.kept(deployment, state.BUCKET):
        answer = clouds.aws("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
        if answer.get("Versions") or answer.get("DeleteMarkers"):
            yield f"bucket {bucket}"
    for container in state.kept(deployment, state.CONTAINER):
        name = container.rpartition("/")[2]
        if next(iter(clouds.openstack().object_store.objects(name, limit=1)), None) is not None:
            yield f"container {name}"


__all__ = ["Clouds", "Engine", "Plan", "TeardownRefused", "plan", "tear_down"]
