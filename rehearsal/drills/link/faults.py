"""What is played on a link that carries, and what must come of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from infra.link.agreement import connection, differences
from rehearsal.drills.drill import DrillFailed, expect
from rehearsal.drills.link import charon_log
from rehearsal.drills.link.machine import until
from rehearsal.drills.link.network import Network
from rehearsal.drills.link.other_options import OTHER_OPTIONS, OtherOption
from rehearsal.drills.link.outage import Outage
from rehearsal.drills.link.traffic import FAULT_IS_OVER, Traffic

Say = Callable[[str], None]
BEFORE: Final = 1.0
AFTER: Final = 11.0
"""Seconds for which questions are asked before a fault and after it."""
REFUSED_WITHIN: Final = 4.0
UP_WITHIN: Final = 60.0


def comes_up(network: Network, say: Say) -> None:
    """Both halves say the same, all four tunnels come up, and both sides know the way to the other."""
    for server in network.servers:
        for number, end in enumerate(network.plan.ends_of(server.server), start=1):
            found = differences(end.told, connection(server.files[f"/etc/swanctl/conf.d/aws-{number}.conf"]))
            expect(not found, f"the halves of {end.name} differ: {'; '.join(map(str, found))}")
    seconds = network.wait(UP_WITHIN)
    seconds += until(network.known, UP_WITHIN, lambda: f"BGP tells no way: {network.ways()}")
    say(f"four tunnels are up and both sides know the way, {seconds:.1f} s after the last server's start")


def tunnel_cut(network: Network, traffic: Traffic, say: Say, *, wait: bool) -> str:
    """The tunnel by which AWS answers goes silent; ``wait``: until strongSwan calls it dead and dials."""
    end = network.returning()
    server, tunnel = network.server_of(end)
    with traffic.questions() as asked:
        time.sleep(BEFORE)
        fault = time.monotonic()
        network.cut(end)
        time.sleep(AFTER)
    seen = _over(asked.cost(fault), f"{server.server.name}'s tunnel {tunnel} was cut")
    say(f"{server.server.name}'s tunnel {tunnel} cut, which carried the answers: {seen}")
    say(f"a transfer without it: {traffic.transfer()}")
    if wait:
        until(lambda: not server.up(tunnel), 120, lambda: "strongSwan never calls the silent peer dead")
        noticed = time.monotonic() - fault
        network.mend(end)
        again = server.wait_for(tunnel, UP_WITHIN)
        say(f"its end called dead after {noticed:.0f} s, dialled and up {again:.0f} s after the mending")
    else:
        network.mend(end)
        server.wait_for(tunnel, UP_WITHIN)
    until(network.known, UP_WITHIN, lambda: f"BGP tells no way: {network.ways()}")
    return f"tunnel cut: {seen}"


def server_killed(network: Network, traffic: Traffic, say: Say) -> str:
    """The server with the virtual address loses its power, and comes back."""
    server = network.serving()
    with traffic.questions() as asked:
        time.sleep(BEFORE)
        fault = time.monotonic()
        server.power_off()
        time.sleep(AFTER)
    seen = _over(asked.cost(fault), f"{server.server.name} was killed")
    now = network.serving()
    expect(now is not server, "the virtual address is at no other server")
    say(f"{server.server.name} killed, {now.server.name} took the virtual address: {seen}")
    with traffic.questions() as asked:
        back = time.monotonic()
        server.power_on()
        network.wait(UP_WITHIN)
        until(network.known, UP_WITHIN, lambda: f"BGP tells no way: {network.ways()}")
        time.sleep(BEFORE * 5)
    cost = _over(asked.cost(back), f"{server.server.name} came back")
    say(f"{server.server.name} back, {network.serving().server.name} has the virtual address: {cost}")
    return f"server killed: {seen}"


def one_option(network: Network, say: Say, options: tuple[OtherOption, ...] = OTHER_OPTIONS) -> str:
    """Each option changed on the private side of one tunnel: it is not up, and the option is named."""
    server = next(each for each in network.servers if each is not network.serving())
    tunnel = 2
    end = network.plan.ends_of(server.server)[tunnel - 1]
    for other in options:
        before = len(server.charon_log(tunnel)), len(network.end_log(end))
        text = server.change(tunnel, other.pattern, other.changed)
        compared = [each.option for each in differences(end.told, connection(text))]
        expect(compared == [other.option], f"{other.option} was changed, and the comparison names {compared}")
        if other.comes_up:
            server.wait_for(tunnel, UP_WITHIN)
            server.rekey(tunnel)
        else:
            time.sleep(REFUSED_WITHIN)
            expect(not server.up(tunnel), f"{other.option} was changed, and the tunnel is up all the same")
        logs = server.charon_log(tunnel)[before[0] :], network.end_log(end)[before[1] :]
        told = sorted({option for log in logs for option in charon_log.options(log)})
        if other.told and other.option not in told:
            raise DrillFailed(
                f"{other.option} was changed, and charon's logs name {told or 'nothing'}: {logs}"
            )
        shown = "comes up, and its keys cannot be renewed" if other.comes_up else "is not up"
        by = f"charon's logs name {', '.join(told)}" if other.told else "the logs name no option"
        say(f"{other.option} changed: the tunnel {shown}; the comparison names it, {by}")
    server.change(tunnel, "", "")
    server.wait_for(tunnel, UP_WITHIN)
    return f"{len(options)} options changed, each named"


def _over(seen: Outage, what: str) -> Outage:
    expect(seen.recovered < FAULT_IS_OVER, f"{what}: {seen}; the goal is {FAULT_IS_OVER:.0f} s")
    expect(not seen.lost, f"{what}: {seen}; none may be lost")
    return seen


__all__ = ["comes_up", "one_option", "server_killed", "tunnel_cut"]
