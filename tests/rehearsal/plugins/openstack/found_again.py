"""What a recovery asks a cloud for, after something was made."""

from __future__ import annotations

from infra.recovery.identify import Again, ByHand, ById, Question, way
from infra.recovery.pending import Pending
from rehearsal.plugins.backend import Resource
from rehearsal.plugins.openstack import client

from .cloud import Cloud


def found_again(cloud: Cloud, made: Resource) -> str:
    """The id under which a recovery finds what was made, by what was declared of it alone."""
    pending = Pending(made.urn, made.type, "creating", made.inputs, "", "", True)
    match way(pending):
        case Again():
            return cloud.backend.create(Resource(made.urn, made.type, made.name, inputs=made.inputs)).id
        case Question() as question:
            (id,) = question.ids(lambda function, asked: cloud.backend.invoke(function, dict(asked)))
            return id
        case ById(id):
            return id
        case ByHand(command):
            assert command.startswith("openstack ")
            (id,) = client.ids(cloud.home, made.type, made.inputs) or []
            return id
