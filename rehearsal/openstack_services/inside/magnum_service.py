"""Magnum's API and its conductor in one process, since the messages between them stay in memory.

What the API hands to the conductor is answered before the API answers, and the conductor's next look at the
cluster, which would come ten seconds later, follows at once.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import magnum.conf
import oslo_messaging
from magnum import objects
from magnum.common import context, rpc, short_id
from magnum.conductor import api
from magnum.conductor.handlers import (
    ca_conductor,
    cluster_conductor,
    conductor_listener,
    indirection_api,
    nodegroup_conductor,
)
from magnum.objects import base
from magnum.service import periodic
from magnum.wsgi.api import application
from oslo_service import loopingcall

UNDER_WAY: Final = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


def _answered(self: Any, method: str, **arguments: Any) -> Any:
    result = self._call(method, **arguments)
    everyone = context.make_admin_context(all_tenants=True)
    for cluster in objects.Cluster.list(everyone, filters={"status": list(UNDER_WAY)}):
        with suppress(loopingcall.LoopingCallDone):  # how a job of Magnum's says that it is done
            periodic.ClusterUpdateJob(everyone, cluster).update_status()
    return result


def start() -> Any:
    """Start the conductor; returns the API."""
    api.API._cast = _answered
    handlers = (cluster_conductor, conductor_listener, ca_conductor, nodegroup_conductor, indirection_api)
    topic = magnum.conf.CONF.conductor.topic
    target = oslo_messaging.Target(topic=topic, server=short_id.generate_id())
    rpc.get_server(
        target, [each.Handler() for each in handlers], serializer=base.MagnumObjectSerializer()
    ).start()
    return application
