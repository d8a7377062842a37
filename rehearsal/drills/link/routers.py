"""What every machine with strongSwan or FRR is started by."""

from __future__ import annotations

from rehearsal.drills.link import userspace
from rehearsal.drills.link.machine import Machine, until


def forwards(machine: Machine) -> None:
    """Let a machine of the stand-in pass packets on, whichever way they came."""
    for name in (
        "ip_forward=1",
        "conf.all.rp_filter=0",
        "conf.default.rp_filter=0",
        "conf.all.send_redirects=0",
    ):
        machine.run("sysctl", "-q", "-w", f"net.ipv4.{name}")


def charon(machine: Machine, table: int, *, dials: bool) -> str:
    """Start charon in a machine and let it read what is there; the name of its tun device."""
    machine.write(userspace.PATH, userspace.settings(table, dials=dials))
    before = machine.links()
    machine.start("/usr/sbin/charon-systemd", log="/var/log/charon.out")
    until(
        lambda: len(machine.links() - before) == 1 and (machine.root / "run/charon.vici").exists(),
        30,
        lambda: f"charon of {machine.name} does not come up: {machine.read(userspace.LOG)[-500:]}",
    )
    (device,) = machine.links() - before
    return device


def load(machine: Machine) -> None:
    """As the unit does once charon stands: every connection and key."""
    machine.run("swanctl", "--load-all", "--noprompt")


def frr(machine: Machine) -> None:
    """Start FRR as its unit does."""
    machine.run("chown", "-R", "frr:frr", "/etc/frr")
    machine.run("/usr/lib/frr/frrinit.sh", "start")


__all__ = ["charon", "forwards", "frr", "load"]
