"""``python -m rehearsal.kubernetes_plugin``: what the engine starts."""

from __future__ import annotations

from importlib.metadata import version

from rehearsal.home import Home
from rehearsal.plugins.kubernetes.with_charts import WithCharts
from rehearsal.plugins.server import serve


def main() -> None:
    """Serve the plugin until the engine ends."""
    serve(WithCharts(Home.find()), version("pulumi-kubernetes"))


if __name__ == "__main__":
    main()
