"""The two sites, the internet between them, and everything that stands in them."""

from __future__ import annotations

from pathlib import Path

from rehearsal.drills.link import routers, stand_in, userspace
from rehearsal.drills.link.machine import Machine, bridge, cable, lines, until
from rehearsal.drills.link.plan import OUTSIDE, WITHIN_AWS, End, Plan
from rehearsal.drills.link.server import TUNNELS, GatewayServer


class Network:
    """All of it, on and waiting for tunnels."""

    def __init__(self, plan: Plan, debian: Path) -> None:
        self.plan = plan
        self.internet = Machine("internet", debian)
        bridge(self.internet, "net0")
        self._private(debian)
        self._aws(debian)

    def power_on(self) -> None:
        """AWS's half first, as an up does it; then both servers."""
        for end in self.plan.ends:
            self._start_end(end)
        routers.frr(self.gateway)
        for server in self.servers:
            server.write()
            server.power_on()

    def tunnels_up(self) -> int:
        """How many of the four carry."""
        return sum(server.up(tunnel) for server in self.servers for tunnel in TUNNELS)

    def dial(self) -> None:
        """What the servers' timers run."""
        for server in self.servers:
            server.dial()

    def serving(self) -> GatewayServer:
        """The server that has the virtual address."""
        there = [server for server in self.servers if server.serves()]
        return there[0] if there else self.servers[0]

    def returning(self) -> End:
        """The end by which AWS sends what is for the private site."""
        route = self.gateway.ip("route", "show", str(self.plan.private))
        (end,) = (end for end in self.plan.ends if f"via {end.within} " in route)
        return end

    def known(self) -> bool:
        """Whether every tunnel has brought its way to both sides, and the first server serves."""
        return (
            self.servers[0].serves()
            and all(server.ways() == len(TUNNELS) for server in self.servers)
            and self.gateway.run("vtysh", "-c", f"show bgp ipv4 unicast {self.plan.private}").count("from ")
            == 4
        )

    def ways(self) -> str:
        """The ways that each knows, for a sentence."""
        machines = [self.gateway, *(server.machine for server in self.servers)]
        return " | ".join(f"{each.name}: {' '.join(each.ip('route').split())}" for each in machines)

    def cut(self, end: End) -> None:
        """Nothing gets to an end of AWS's any more, and no interface goes down that anybody could see."""
        self.internet.ip("link", "set", end.name, "nomaster")

    def mend(self, end: End) -> None:
        """The way to it is there again."""
        self.internet.ip("link", "set", end.name, "master", "net0")

    def server_of(self, end: End) -> tuple[GatewayServer, int]:
        """Whose tunnel ends there, and which of its two."""
        for server in self.servers:
            for number, each in enumerate(self.plan.ends_of(server.server), start=1):
                if each == end:
                    return server, number
        raise LookupError(end.name)

    def end_log(self, end: End) -> str:
        """What the daemon of an end has written."""
        return self.ends[end.name].read(userspace.LOG)

    def wait(self, seconds: float) -> float:
        """Until all four tunnels are up."""
        return until(
            lambda: self.tunnels_up() == len(self.plan.ends),
            seconds,
            lambda: (
                f"{self.tunnels_up()} of {len(self.plan.ends)} tunnels are up: "
                + lines([each for server in self.servers for each in server.daemons], userspace.LOG)
            ),
        )

    def _private(self, debian: Path) -> None:
        plan = self.plan
        self.router = Machine("router", debian)
        routers.forwards(self.router)
        bridge(self.router, "lan0", f"{plan.router}/{plan.private.prefixlen}")
        self._outside(self.router, "router", OUTSIDE[2])
        self.router.ip("route", "add", str(plan.aws), "via", plan.virtual)
        self.servers = [GatewayServer(server, plan, debian) for server in plan.servers]
        nat = []
        for server in self.servers:
            own, floating = server.server.addresses.own, server.server.addresses.outside
            self._plug(self.router, "lan0", server.machine, server.server.name)
            self.router.ip("address", "add", f"{floating}/32", "dev", "out0")
            nat += [
                f"add rule ip nat in iifname out0 ip daddr {floating} dnat to {own}",
                f"add rule ip nat out oifname out0 ip saddr {own} snat to {floating}",
            ]
        rules = ["add table ip nat",
                 "add chain ip nat in { type nat hook prerouting priority -100; }",
                 "add chain ip nat out { type nat hook postrouting priority 100; }", *nat]  # fmt: skip
        self.router.write("/etc/floating.nft", "\n".join(rules) + "\n")
        self.router.run("nft", "-f", "/etc/floating.nft")
        self.shop = Machine("shop", debian)
        self._plug(self.router, "lan0", self.shop, "shop")
        self.shop.ip("address", "add", f"{plan.shop}/{plan.private.prefixlen}", "dev", "eth0")
        self.shop.ip("route", "add", "default", "via", plan.router)

    def _aws(self, debian: Path) -> None:
        plan = self.plan
        self.gateway = Machine("gateway", debian)
        routers.forwards(self.gateway)
        bridge(self.gateway, "ends0", f"{WITHIN_AWS[1]}/{WITHIN_AWS.prefixlen}")
        self.answering = Machine("answering", debian)
        cable((self.gateway, "vpc0"), (self.answering, "eth0"))
        self.gateway.ip("address", "add", f"{plan.gateway}/{plan.aws.prefixlen}", "dev", "vpc0")
        self.answering.ip("address", "add", f"{plan.answering}/{plan.aws.prefixlen}", "dev", "eth0")
        self.answering.ip("route", "add", "default", "via", plan.gateway)
        self.gateway.write("/etc/frr/frr.conf", stand_in.gateway_frr(plan))
        self.gateway.write("/etc/frr/daemons", _DAEMONS)
        self.ends = {end.name: Machine(end.name, debian) for end in plan.ends}
        for end in plan.ends:
            machine = self.ends[end.name]
            routers.forwards(machine)
            self._outside(machine, end.name, end.address)
            cable((self.gateway, end.name), (machine, "aws0"))
            self.gateway.ip("link", "set", end.name, "master", "ends0")
            machine.ip("address", "add", f"{end.within}/{WITHIN_AWS.prefixlen}", "dev", "aws0")
            machine.write("/etc/swanctl/conf.d/customer.conf", stand_in.swanctl(end), "0600")
            machine.write("/etc/frr/frr.conf", stand_in.end_frr(end))
            machine.write("/etc/frr/daemons", _DAEMONS)

    def _start_end(self, end: End) -> None:
        machine = self.ends[end.name]
        device = routers.charon(machine, 220, dials=False)
        machine.ip("link", "set", device, "mtu", "1400", "up")
        machine.ip("address", "add", f"{end.inside.aws}/{end.inside.prefix}", "dev", device)
        routers.load(machine)
        routers.frr(machine)

    def _outside(self, machine: Machine, name: str, address: object) -> None:
        cable((self.internet, name), (machine, "out0"))
        self.internet.ip("link", "set", name, "master", "net0")
        machine.ip("address", "add", f"{address}/{OUTSIDE.prefixlen}", "dev", "out0")

    def _plug(self, into: Machine, switch: str, machine: Machine, name: str) -> None:
        cable((into, name), (machine, "eth0"))
        into.ip("link", "set", name, "master", switch)


_DAEMONS = 'bgpd=yes\nvtysh_enable=yes\nzebra_options="-A 127.0.0.1"\nbgpd_options="-A 127.0.0.1"\n'

__all__ = ["Network"]
