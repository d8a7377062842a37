"""A tunnel's next key, one tunnel at a time: whether the others carry, and what the stack file then says."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from infra.doctor.clouds import Clouds
from infra.naming import Naming
from infra.settings.link import LinkSettings
from isthmus.errors import IsthmusError
from isthmus.stack_files.section_lines import set_in_section

KEY: Final = "key_generations"
_WRITTEN: Final = re.compile(rf"(    {KEY}: +)\[[^\]\n]*\]")


class RotationError(IsthmusError):
    """The stack file cannot be changed by a line; the message says what to write."""


def turned(generations: Sequence[int], tunnel: int) -> tuple[int, ...]:
    """The generations with that of one tunnel, from 1, one further."""
    return tuple(each + (number == tunnel) for number, each in enumerate(generations, start=1))


def others_carry(clouds: Clouds, naming: Naming, link: LinkSettings, tunnel: int) -> str | None:
    """Why the link may be down while this tunnel changes; None: the other server's tunnels are both up.

    By EC2's DescribeVpnConnections, ``VgwTelemetry``: the state of each tunnel, UP or DOWN
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VgwTelemetry.html; from memory, as botocore's
    model of EC2 has it).
    """
    if link.private_gateway != "instances":
        return "Neutron VPNaaS has one tunnel, and no other carries while it changes"
    other = 2 if tunnel <= 2 else 1
    clouds.sign_in("aws")
    name = naming.name(f"link-{other}")
    found = [
        each
        for each in clouds.aws("ec2").describe_vpn_connections(
            Filters=[{"Name": "tag:Name", "Values": [name]}]
        )["VpnConnections"]
        if each.get("State") != "deleted"
    ]
    if not found:
        return f"AWS has no VPN connection {name}, which would carry meanwhile"
    down = [_shown(each) for each in found[0].get("VgwTelemetry") or [] if each.get("Status") != "UP"]
    if down:
        return f"of {name}, which would carry meanwhile, {' and '.join(down)}"
    if len(found[0].get("VgwTelemetry") or []) < 2:
        return f"AWS tells nothing of the tunnels of {name}, which would carry meanwhile"
    return None


def written(file: Path, stack: str, generations: Sequence[int], read: Callable[[Path, str], object]) -> str:
    """The text of a stack file with these generations; its comments and its order stay.

    Raises:
        SettingsError: the file would be refused so.
        RotationError: its section ``link`` is in braces, or the list goes over several lines.
    """
    text, shown = file.read_text(encoding="utf-8"), f"[{', '.join(map(str, generations))}]"
    changed, count = _WRITTEN.subn(rf"\g<1>{shown}", text)
    if not count:
        if KEY in text:
            raise RotationError(
                f"{file}: {KEY} is not on a line of its own: write `{KEY}: {shown}` into isthmus:link"
            )
        changed = set_in_section(text, "link", {KEY: shown})
    with tempfile.TemporaryDirectory(prefix="isthmus-rotate-") as name:
        aside = Path(name) / file.name
        aside.write_text(changed, encoding="utf-8")
        read(aside, stack)
    return changed


def _shown(told: dict[str, Any]) -> str:
    why = f" ({told['StatusMessage']})" if told.get("StatusMessage") else ""
    return f"the tunnel of {told.get('OutsideIpAddress', '?')} is {told.get('Status', 'unknown')}{why}"


__all__ = ["RotationError", "others_carry", "turned", "written"]
