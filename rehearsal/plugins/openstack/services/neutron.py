"""Neutron's types, where they are not the plain kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.backend import Created, Properties, Refused
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.services.api import Answer, Api, or_gone, plain, snake

NETWORK: Final = "network"
GATEWAY: Final = (
    "externalNetworkId", "enableSnat", "externalFixedIps", "externalSubnetIds", "externalQosPolicyId",
)  # fmt: skip


class Subnet(Api):
    """``noGateway`` is a gateway of null."""

    def body(self, inputs: Properties) -> Answer:
        body = super().body(inputs)
        if body.pop("no_gateway", False):
            body["gateway_ip"] = None
        return body

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        found = super().show(answer, inputs)
        if "noGateway" in inputs:
            found["noGateway"] = answer.get("gateway_ip") is None
        return found


class Router(Api):
    """The gateway is a body of its own."""

    def body(self, inputs: Properties) -> Answer:
        body = super().body({key: value for key, value in inputs.items() if key not in GATEWAY})
        if outside := inputs.get("externalNetworkId"):
            gateway: Answer = {"network_id": outside}
            if "enableSnat" in inputs:
                gateway["enable_snat"] = inputs["enableSnat"]
            if "externalQosPolicyId" in inputs:
                gateway["qos_policy_id"] = inputs["externalQosPolicyId"]
            fixed = [
                {"ip_address": one.get("ipAddress"), "subnet_id": one.get("subnetId")}
                for one in inputs.get("externalFixedIps") or []
            ]
            fixed += [{"subnet_id": id} for id in inputs.get("externalSubnetIds") or []]
            if fixed:
                gateway["external_fixed_ips"] = fixed
            body["external_gateway_info"] = gateway
        return body

    def cleared(self, key: str) -> Any:
        return {} if key == "external_gateway_info" else super().cleared(key)

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        gateway = answer.get("external_gateway_info") or {}
        fixed = [
            {"ipAddress": one["ip_address"], "subnetId": one["subnet_id"]}
            for one in gateway.get("external_fixed_ips", [])
        ]
        return {
            **super().show(answer, {key: value for key, value in inputs.items() if key not in GATEWAY}),
            "externalNetworkId": gateway.get("network_id", ""),
            "enableSnat": gateway.get("enable_snat", False),
            "externalFixedIps": fixed,
        }


class RouterInterface(Api):
    """A port, made and removed by its router."""

    def create(self, session: Session, inputs: Properties) -> Created:
        answer = self._act(session, "add", inputs).json()
        return Created(str(answer["port_id"]), {})

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        answer = or_gone(lambda: session.get(self.service, f"/v2.0/ports/{id}"))
        if answer is None:
            return None
        port = answer["port"]
        subnets = [fixed["subnet_id"] for fixed in port["fixed_ips"]]
        return {**inputs, "routerId": port["device_id"], "subnetId": subnets[0], "portId": id}

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """``forceDestroy`` is the provider's own."""

    def delete(self, session: Session, id: str, inputs: Properties) -> None:  # noqa: ARG002
        or_gone(lambda: self._act(session, "remove", inputs))

    def _act(self, session: Session, verb: str, inputs: Properties) -> Any:
        path = f"{self.path}/{inputs['routerId']}/{verb}_router_interface"
        return session.request(self.service, "PUT", path, json={"subnet_id": inputs["subnetId"]})


class SecGroup(Api):
    """Neutron gives each group rules of its own, which may be unwanted."""

    def create(self, session: Session, inputs: Properties) -> Created:
        created = super().create(session, inputs)
        if inputs.get("deleteDefaultRules"):
            group = session.get(self.service, f"{self.path}/{created.id}")[self.key]
            for rule in group["security_group_rules"]:
                session.request(self.service, "DELETE", f"/v2.0/security-group-rules/{rule['id']}")
        return created


class Port(Api):
    """Its addresses and groups are lists of the service's own."""

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        found = super().show(answer, inputs)
        fixed = [
            {"subnetId": one["subnet_id"], "ipAddress": one["ip_address"]} for one in answer["fixed_ips"]
        ]
        if "fixedIps" in inputs:
            # What the program left to Neutron stays unsaid.
            found["fixedIps"] = [
                {key: one[key] for key in asked if key in one}
                for asked, one in zip(inputs["fixedIps"], fixed, strict=False)
            ]
        if "allowedAddressPairs" in inputs:
            found["allowedAddressPairs"] = [
                {"ipAddress": pair["ip_address"]} for pair in answer["allowed_address_pairs"]
            ]
        if "securityGroupIds" in inputs:
            found["securityGroupIds"] = answer["security_groups"]
        return {
            **found,
            "allFixedIps": [one["ipAddress"] for one in fixed],
            "allSecurityGroupIds": sorted(answer["security_groups"]),
            "binding": {"vnicType": answer.get("binding:vnic_type", "normal")},
        }

    def body(self, inputs: Properties) -> Answer:
        body = super().body(inputs)
        for mine, theirs in (("fixedIps", "fixed_ips"), ("allowedAddressPairs", "allowed_address_pairs")):
            if inputs.get(mine):
                body[theirs] = [{snake(key): value for key, value in one.items()} for one in inputs[mine]]
        return body


class FloatingIp(Api):
    """The pool is a network's name, which the provider looks up."""

    def create(self, session: Session, inputs: Properties) -> Created:
        networks = session.get(self.service, "/v2.0/networks", params={"name": inputs["pool"]})["networks"]
        if not networks:
            raise Refused(f"no network is called {inputs['pool']!r}", property="pool")
        named = {key: value for key, value in inputs.items() if key != "pool"}
        body = {**self.body(named), "floating_network_id": networks[0]["id"]}
        answer = session.post(self.service, self.path, {self.key: body})[self.key]
        if inputs.get("tags"):
            self._tag(session, str(answer["id"]), inputs)
        return Created(str(answer["id"]), {})

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        found = super().show(answer, {key: value for key, value in inputs.items() if key != "pool"})
        return {**found, **({"pool": inputs["pool"]} if "pool" in inputs else {})}

    def cleared(self, key: str) -> Any:
        return None if key == "port_id" else super().cleared(key)


class RouterRoute(Api):
    """One of the routes that its router has."""

    def create(self, session: Session, inputs: Properties) -> Created:
        self._act(session, "add", inputs)
        return Created(_route_id(inputs), {})

    def read(self, session: Session, id: str, inputs: Properties) -> Properties | None:
        router, _, route = id.partition("-route-")
        destination, _, hop = route.partition("-")
        answer = or_gone(lambda: session.get(self.service, f"{self.path}/{router}"))
        wanted = {"destination": destination, "nexthop": hop}
        if answer is None or wanted not in answer[self.key]["routes"]:
            return None
        return {**inputs, "routerId": router, "destinationCidr": destination, "nextHop": hop}

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """Every change replaces it."""

    def delete(self, session: Session, id: str, inputs: Properties) -> None:  # noqa: ARG002
        or_gone(lambda: self._act(session, "remove", inputs))

    def _act(self, session: Session, verb: str, inputs: Properties) -> Any:
        route = {"destination": inputs["destinationCidr"], "nexthop": inputs["nextHop"]}
        path = f"{self.path}/{inputs['routerId']}/{verb}_extraroutes"
        return session.request(self.service, "PUT", path, json={self.key: {"routes": [route]}})


def _route_id(inputs: Properties) -> str:
    return f"{inputs['routerId']}-route-{inputs['destinationCidr']}-{inputs['nextHop']}"


@dataclass(frozen=True)
class Block(Api):
    """A list of one block here is an object at the service."""

    block: tuple[str, str] = ("", "")

    def body(self, inputs: Properties) -> Answer:
        mine, theirs = self.block
        body = super().body({key: value for key, value in inputs.items() if key != mine})
        if given := inputs.get(mine):
            body[theirs] = {key: value for key, value in plain(given[0]).items() if value is not None}
        return body

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        mine, theirs = self.block
        found = super().show(answer, {key: value for key, value in inputs.items() if key != mine})
        return {**found, mine: [answer[theirs]]}


def _vpn(name: str, key: str, shown: tuple[str, ...] = ()) -> Api:
    return Api(NETWORK, f"/v2.0/vpn/{name}", key, shown=("tenantId", *shown))


_LIFETIME: Final = ("lifetimes", "lifetime")
APIS: Final[dict[str, Api]] = {
    tokens.NETWORK: Api(
        NETWORK, "/v2.0/networks", "network",
        names={"external": "router:external", "transparentVlan": "vlan_transparent"},
        shown=("adminStateUp", "external", "shared", "mtu", "portSecurityEnabled", "availabilityZoneHints",
               "tenantId"),
    ),
    tokens.SUBNET: Subnet(
        NETWORK, "/v2.0/subnets", "subnet", names={"prefixLength": "prefixlen"},
        shown=("cidr", "gatewayIp", "allocationPools", "serviceTypes", "enableDhcp", "tenantId"),
    ),
    tokens.ROUTER: Router(
        NETWORK, "/v2.0/routers", "router", names={"vendorOptions": None},
        shown=("adminStateUp", "distributed", "availabilityZoneHints", "tenantId"),
    ),
    tokens.ROUTER_INTERFACE: RouterInterface(NETWORK, "/v2.0/routers", "router"),
    tokens.SEC_GROUP: SecGroup(
        NETWORK, "/v2.0/security-groups", "security_group", names={"deleteDefaultRules": None},
        shown=("description", "stateful", "tenantId"),
    ),
    tokens.SEC_GROUP_RULE: Api(
        NETWORK, "/v2.0/security-group-rules", "security_group_rule",
        shown=("portRangeMin", "portRangeMax", "protocol", "remoteGroupId", "remoteIpPrefix", "tenantId"),
    ),
    tokens.PORT: Port(
        NETWORK, "/v2.0/ports", "port", names={"securityGroupIds": "security_groups", "noFixedIp": None,
                                               "noSecurityGroups": None},
        shown=("adminStateUp", "deviceId", "deviceOwner", "macAddress", "portSecurityEnabled", "tenantId"),
    ),
    tokens.FLOATING_IP: FloatingIp(
        NETWORK, "/v2.0/floatingips", "floatingip",
        names={"address": "floating_ip_address", "fixedIp": "fixed_ip_address"},
        shown=("address", "fixedIp", "portId", "tenantId"),
    ),
    tokens.ROUTER_ROUTE: RouterRoute(NETWORK, "/v2.0/routers", "router"),
    tokens.VPN_SERVICE: _vpn("vpnservices", "vpnservice", ("externalV4Ip", "externalV6Ip", "status")),
    tokens.ENDPOINT_GROUP: _vpn("endpoint-groups", "endpoint_group"),
    tokens.IKE_POLICY: Block(
        NETWORK, "/v2.0/vpn/ikepolicies", "ikepolicy", shown=("tenantId",), block=_LIFETIME
    ),
    tokens.IPSEC_POLICY: Block(
        NETWORK, "/v2.0/vpn/ipsecpolicies", "ipsecpolicy", block=_LIFETIME,
        shown=("authAlgorithm", "encapsulationMode", "encryptionAlgorithm", "pfs", "transformProtocol",
               "tenantId"),
    ),
    tokens.SITE_CONNECTION: Block(
        NETWORK, "/v2.0/vpn/ipsec-site-connections", "ipsec_site_connection", block=("dpds", "dpd"),
        shown=("initiator", "mtu", "peerCidrs", "localId", "adminStateUp", "tenantId"),
    ),
}  # fmt: skip
