"""A gateway server of the private site, made of its cloud-init and nothing else."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from infra.link.server_files import swanctl_path, tunnel_name
from rehearsal.drills.drill import DrillFailed
from rehearsal.drills.link import routers, userspace
from rehearsal.drills.link.machine import Machine, until
from rehearsal.drills.link.plan import Plan, Server, networkd

TUNNELS = (1, 2)


class GatewayServer:
    """One of the two, in a namespace of its own, with a daemon for each of its tunnels."""

    def __init__(self, server: Server, plan: Plan, debian: Path) -> None:
        self.server = server
        self.machine = Machine(server.name, debian)
        self.daemons = [
            Machine(f"{server.name}-{tunnel_name(number)}", debian, server.name) for number in TUNNELS
        ]
        self._plan = plan
        self.files: Mapping[str, str] = {}

    def write(self) -> None:
        """What cloud-init writes."""
        for machine in (self.machine, *self.daemons):
            shutil.rmtree(machine.root / "etc/swanctl/conf.d", ignore_errors=True)
            for each in self.server.written:
                machine.write(each["path"], each["content"], each["permissions"])
        self.files = {each["path"]: each["content"] for each in self.server.written}
        for number, machine in zip(TUNNELS, self.daemons, strict=True):
            # A daemon carries one tunnel here.
            for other in set(TUNNELS) - {number}:
                (machine.root / swanctl_path(tunnel_name(other)).lstrip("/")).unlink()

    def power_on(self) -> None:
        """The network card, and then what cloud-init runs, in its order."""
        address = self.server.addresses.own
        self.machine.ip("link", "set", "eth0", "up")
        self.machine.ip("address", "replace", f"{address}/{self._plan.private.prefixlen}", "dev", "eth0")
        self.machine.ip("route", "replace", "default", "via", self._plan.router)
        for command in self.server.commands:
            self._run(command)

    def power_off(self) -> None:
        """Nothing of it answers any more, and it says nothing to anybody."""
        self.machine.kill()
        self.machine.ip("link", "set", "eth0", "down")
        self.machine.ip("address", "flush", "dev", "eth0")
        for machine in (self.machine, *self.daemons):
            for folder in ("run", "tmp"):
                shutil.rmtree(machine.root / folder, ignore_errors=True)
                (machine.root / folder).mkdir(mode=0o1777)
            (machine.root / "run" / "frr").mkdir()
            machine.run("chown", "frr:frr", "/run/frr")

    def dial(self) -> None:
        """What the timer runs."""
        for machine in self.daemons:
            machine.run("/usr/local/sbin/link-dial", check=False)

    def daemon(self, tunnel: int) -> Machine:
        """The one that carries a tunnel, 1 or 2."""
        return self.daemons[tunnel - 1]

    def serves(self) -> bool:
        """Whether the virtual address is here."""
        return f" {self._plan.virtual}/32 " in self.machine.ip("-o", "-4", "address")

    def up(self, tunnel: int) -> bool:
        """Whether a tunnel is there to carry."""
        machine = self.daemon(tunnel)
        return "INSTALLED" in machine.run("swanctl", "--list-sas", check=False)

    def ways(self) -> int:
        """By how many of its tunnels FRR sends what is for AWS."""
        return self.machine.ip("route", "show", str(self._plan.aws), "proto", "bgp").count("dev aws-")

    def rekey(self, tunnel: int) -> None:
        """Have the keys of a tunnel's packets renewed now."""
        name = tunnel_name(tunnel)
        self.daemon(tunnel).run("swanctl", "--rekey", "--child", name)
        time.sleep(2)

    def _run(self, command: list[str]) -> None:
        match command:
            case ["sysctl", "--system"]:
                # The rest of that is Debian's, and some of it is the kernel's and no namespace's.
                self.machine.run("sysctl", "-q", "-p", "/etc/sysctl.d/60-link.conf")
            case ["sh", "-c", _]:
                self.machine.run(*command)
            case ["systemctl", "enable", "--now", "nftables"]:
                self.machine.run("nft", "-f", "/etc/nftables.conf")
            case ["systemctl", "restart", "strongswan", "frr", "keepalived"]:
                self._start()
            case (
                ["systemctl", "disable", "--now", "ssh"]
                | ["systemctl", "enable", *_]
                | ["networkctl", "reload"]
            ):
                # No SSH server is there, what is enabled is started, and networkd's part is with the tunnels.
                pass
            case _:
                raise DrillFailed(
                    f"cloud-init runs `{' '.join(command)}`, which the drill does not know how to do"
                )

    def _start(self) -> None:
        for number, machine in zip(TUNNELS, self.daemons, strict=True):
            name = tunnel_name(number)
            device = routers.charon(machine, 220 + number, dials=True)
            address, mtu = networkd(self.files, name)
            machine.ip("link", "set", device, "down")
            machine.ip("link", "set", device, "name", name)
            # The daemon wants a route by the device that it made, and the other one a name that is free: an
            # empty device has both, in a table that is asked when no other knows a way.
            machine.ip("tuntap", "add", device, "mode", "tun")
            machine.ip("link", "set", device, "up")
            machine.ip("link", "set", name, "mtu", mtu, "up")
            machine.ip("address", "add", address, "dev", name)
        routers.frr(self.machine)
        self.machine.start("keepalived", "--dont-fork", "--log-console", log="/var/log/keepalived.out")
        for machine in self.daemons:
            routers.load(machine)

    def change(self, tunnel: int, pattern: str, changed: str) -> str:
        """Change the one file of a tunnel and let charon read it anew; the text as it is then."""
        machine, path = self.daemon(tunnel), swanctl_path(tunnel_name(tunnel))
        text = self.files[path]
        other = re.sub(pattern, changed, text, count=1)
        if other == text and pattern:
            raise DrillFailed(f"nothing in {path} is {pattern!r}")
        machine.write(path, other, "0600")
        machine.run("swanctl", "--terminate", "--ike", tunnel_name(tunnel), "--timeout", "5", check=False)
        routers.load(machine)
        return other

    def charon_log(self, tunnel: int) -> str:
        """What the daemon of a tunnel has written."""
        return self.daemon(tunnel).read(userspace.LOG)

    def wait_for(self, tunnel: int, seconds: float) -> float:
        """Until a tunnel is up."""
        return until(
            lambda: self.up(tunnel),
            seconds,
            lambda: f"{self.server.name}: tunnel {tunnel} is not up: {self.charon_log(tunnel)[-800:]}",
        )


__all__ = ["TUNNELS", "GatewayServer"]
