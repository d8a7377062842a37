"""What the drill tells strongSwan beside what the estate writes, where the kernel has no ESP of its own.

The plugin kernel-libipsec does ESP in the daemon, and has one tun device for all that a daemon carries
(strongswan/strongswan, src/libcharon/plugins/kernel_libipsec/kernel_libipsec_router.c; read 2026-11-28). So
each tunnel has a daemon of its own, and that device takes the place of the XFRM interface that
systemd-networkd would make.
"""

from __future__ import annotations

LOG = "/var/log/charon.log"
PATH = "/etc/strongswan.d/zz-drill.conf"
"""Read last; what the estate writes is read before it and is not touched."""


def settings(table: int, *, dials: bool) -> str:
    """Of one daemon.

    Args:
        table: the routing table of its own, which is asked after the main one, where FRR's routes are.
        dials: two daemons of a server share an address, so each dials from ports of its own.
    """
    ports = "  port = 0\n  port_nat_t = 0\n" if dials else ""
    return f"""charon-systemd {{
{ports}  routing_table = {table}
  routing_table_prio = 33000
  plugins {{
    kernel-libipsec {{
      load = yes
    }}
  }}
  filelog {{
    drill {{
      path = {LOG}
      default = 1
      flush_line = yes
      time_format = %H:%M:%S
    }}
  }}
}}
"""


__all__ = ["LOG", "PATH", "settings"]
