"""The notice that EC2 gives a spot instance two minutes before it takes it back.

On a managed node group the node is drained on this notice, and the pod's SIGTERM does the same; this is for
workers that may ask the instance's metadata service themselves (SPOT_NOTICE_URL).
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx

EVERY_SECONDS = 5.0
"""As EC2's documentation advises."""
TOKEN_SECONDS = 300


class SpotNotice:
    """Asks the metadata service (IMDSv2: with a session token) whether the instance is to go.

    Args:
        url: of the service, such as http://169.254.169.254.
        transport: of httpx; another one in tests.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        # Never by a proxy: the address means the instance itself.
        self._http = httpx.Client(base_url=url, timeout=2.0, trust_env=False, transport=transport)
        self._token, self._until = "", 0.0

    def due(self) -> str | None:
        """What is to happen and when ("terminate at 2026-01-01T00:00:00Z"); None when nothing is known."""
        try:
            answer = self._http.get(
                "/latest/meta-data/spot/instance-action",
                headers={"X-aws-ec2-metadata-token": self._session()},
            )
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self._until = 0.0
            if answer.status_code != httpx.codes.OK:
                return None
            notice = answer.json()
            return f"{notice['action']} at {notice['time']}"
        except (httpx.HTTPError, ValueError, KeyError):
            return None

    def begin(self, notice: Callable[[str], None]) -> None:
        """Ask every few seconds from a thread; ``notice`` is called once."""

        def look() -> None:
            while (due := self.due()) is None:
                time.sleep(EVERY_SECONDS)
            notice(due)

        threading.Thread(target=look, name="spot", daemon=True).start()

    def _session(self) -> str:
        if time.monotonic() >= self._until:
            answer = self._http.put(
                "/latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            )
            answer.raise_for_status()
            self._token, self._until = answer.text, time.monotonic() + TOKEN_SECONDS / 2
        return self._token
