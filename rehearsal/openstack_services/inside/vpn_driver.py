"""A fake: Neutron's VPN driver, with an agent that has always just finished.

Everything up to the message for the agent is Neutron VPNaaS's own. Without an answer of an agent every later
update is refused (400 VPNStateInvalidToUpdate), so the answer is given at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from neutron_vpnaas.services.vpn.service_drivers import ipsec


class Driver(ipsec.IPsecVPNDriver):  # type: ignore[misc]
    """Says ACTIVE of everything as soon as it is asked for."""

    def create_vpnservice(self, context: Any, vpnservice_dict: dict[str, Any]) -> None:
        super().create_vpnservice(context, vpnservice_dict)
        self._done(context, vpnservice_dict["id"])

    def update_vpnservice(self, context: Any, old_vpnservice: Any, vpnservice: dict[str, Any]) -> None:
        super().update_vpnservice(context, old_vpnservice, vpnservice)
        self._done(context, vpnservice["id"])

    def create_ipsec_site_connection(self, context: Any, ipsec_site_connection: dict[str, Any]) -> None:
        super().create_ipsec_site_connection(context, ipsec_site_connection)
        self._done(context, ipsec_site_connection["vpnservice_id"], [ipsec_site_connection["id"]])

    def update_ipsec_site_connection(
        self, context: Any, old_ipsec_site_connection: Any, ipsec_site_connection: dict[str, Any]
    ) -> None:
        super().update_ipsec_site_connection(context, old_ipsec_site_connection, ipsec_site_connection)
        self._done(context, ipsec_site_connection["vpnservice_id"], [ipsec_site_connection["id"]])

    def _done(self, context: Any, service: str, connections: Iterable[str] = ()) -> None:
        finished = {"status": "ACTIVE", "updated_pending_status": True}
        report = {
            "id": service,
            **finished,
            "ipsec_site_connections": {connection: dict(finished) for connection in connections},
        }
        self.service_plugin.update_status_by_agent(context.elevated(), [report])
