"""A Prometheus that fetches from some addresses of this machine for the time of a ``with`` block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import yaml

from isthmus.errors import IsthmusError
from rehearsal import ports
from rehearsal.programs.answering import answering
from rehearsal.prometheus.provide import provide


class PrometheusFailed(IsthmusError):
    """It refuses a query; the message says why."""


@dataclass(frozen=True)
class Target:
    """What is fetched from one address."""

    address: str
    """``HOST:PORT``"""
    labels: Mapping[str, str] = field(default_factory=dict)
    """As an operator's ServiceMonitor would give them: ``service``, ``pod``, ``endpoint``."""
    path: str = "/metrics"


class Prometheus:
    """One server; its data is in ``folder``. Entering it raises ProgramError where it does not come up."""

    def __init__(
        self, folder: Path, targets: Sequence[Target], *, every_s: int = 1, rules: Sequence[Any] = ()
    ) -> None:
        self._folder = folder
        self._targets, self._every_s, self._rules = targets, every_s, rules
        self._running = ExitStack()
        self.url = ""

    def __enter__(self) -> Prometheus:
        programs = provide()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.configure(self._targets)
        port = ports.free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        command: list[str | Path] = [
            programs["prometheus"],
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        self._running.enter_context(answering("Prometheus", command, f"{self.url}/-/ready", self._folder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def configure(self, targets: Sequence[Target]) -> None:
        """Fetch from these from now on: a file that Prometheus looks at by itself."""
        listed = [
            {
                "targets": [target.address],
                "labels": {**target.labels, "__metrics_path__": target.path},
            }
            for target in targets
        ]
        aside = self._folder / "targets.new"
        aside.write_text(yaml.safe_dump(listed))
        aside.replace(self._folder / "targets.yml")
        (self._folder / "rules.yml").write_text(yaml.safe_dump({"groups": list(self._rules)}))
        content = {
            "global": {"scrape_interval": f"{self._every_s}s", "evaluation_interval": f"{self._every_s}s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [
                {
                    "job_name": "serving",
                    "file_sd_configs": [{"files": ["targets.yml"], "refresh_interval": "1s"}],
                }
            ],
        }
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(content))

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query: ``{"metric": {...}, "value": [time, "1.5"]}``.

        Raises PrometheusFailed where it is refused.
        """
        asked = {"query": expression}
        told = httpx.get(f"{self.url}/api/v1/query", params=asked, trust_env=False, timeout=30).json()
        if told["status"] != "success":
            raise PrometheusFailed(f"{expression}: {told.get('error')}")
        result = told["data"]["result"]
        if told["data"]["resultType"] == "scalar":
            return [{"metric": {}, "value": result}]
        return list(result)

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health, as Prometheus tells it."""
        told = httpx.get(f"{self.url}/api/v1/rules", trust_env=False, timeout=30).json()
        return [rule for group in told["data"]["groups"] for rule in group["rules"]]


__all__ = ["Prometheus", "PrometheusFailed", "Target"]
