"""The WSGI applications of the services, each loaded in a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Load = Callable[[Path, Path], Any]
"""Takes the folder of the configuration files and the environment's own."""


def _keystone(etc: Path, _: Path) -> Any:
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(etc / "keystone.conf")
    from keystone.wsgi.api import application

    return application


def _neutron(etc: Path, _: Path) -> Any:
    os.environ |= {"OS_NEUTRON_CONFIG_DIR": str(etc), "OS_NEUTRON_CONFIG_FILES": "neutron.conf"}
    from neutron.wsgi.api import application

    return application


def _glance(etc: Path, _: Path) -> Any:
    os.environ["OS_GLANCE_CONFIG_DIR"] = str(etc)
    from glance.wsgi.api import application

    return application


def _nova(etc: Path, environment: Path) -> Any:
    # It takes the first of its files for the paste configuration.
    files = [environment / "etc" / "nova" / "api-paste.ini", etc / "nova.conf"]
    os.environ["OS_NOVA_CONFIG_FILES"] = ";".join(str(file) for file in files)
    from nova.wsgi.osapi_compute import application

    _without_placement()
    return application


def _without_placement() -> None:
    """No placement runs here, so a server that goes has nothing allocated; Nova would answer 500."""
    # After the application, which wants to be the first of Nova's modules.
    from nova.scheduler.client.report import SchedulerReportClient

    SchedulerReportClient.delete_allocation_for_instance = lambda *_, **__: True


def _magnum(etc: Path, _: Path) -> Any:
    sys.argv = ["magnum-api", "--config-file", str(etc / "magnum.conf")]
    import magnum_service

    return magnum_service.start()


def _barbican(etc: Path, environment: Path) -> Any:
    # Each of its plugins looks for a file of its own accord, at home among others; its own WSGI module names
    # one below /etc.
    os.environ["HOME"] = str(etc)
    from paste import deploy

    return deploy.loadapp(f"config:{environment / 'etc' / 'barbican' / 'barbican-api-paste.ini'}")


LOAD: dict[str, Load] = {
    "keystone": _keystone,
    "neutron": _neutron,
    "glance": _glance,
    "nova": _nova,
    "magnum": _magnum,
    "barbican": _barbican,
}
THREADS = {"keystone": 8}
"""One elsewhere: SQLite locks out two writers (seen with Neutron: "database is locked")."""


def serve(name: str, etc: Path, environment: Path, port: int) -> None:
    """Load the service and answer on loopback; never returns."""
    application = LOAD[name](etc, environment)
    import waitress

    waitress.serve(application, host="127.0.0.1", port=port, threads=THREADS.get(name, 1), ident=None)
