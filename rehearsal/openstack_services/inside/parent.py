"""``python parent.py SPECIFICATION``: all services as children of this process, which end with it.

The specification is a JSON file: ``etc``, ``log``, ``environment`` and ``drivers`` (folders), ``ports``, and
``record``: the file that says that this rehearsal has services. Without it they end, too.

Python is slow to import what four of the services share, so one process does, and forks them.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHARED = (
    "sqlalchemy.orm", "oslo_config.cfg", "oslo_log.log", "oslo_db.options", "oslo_db.sqlalchemy.enginefacade",
    "oslo_messaging", "oslo_policy.policy", "oslo_service", "oslo_cache", "keystonemiddleware.auth_token",
    "keystoneauth1.loading", "paste.deploy", "webob.dec", "pecan", "routes", "waitress", "stevedore",
    "cryptography.x509", "openstack", "oslo_versionedobjects.base", "jsonschema", "osprofiler.profiler",
    "oslo_middleware.request_id",
)  # fmt: skip
TOGETHER = ("keystone", "neutron", "magnum", "glance")
APART = ("nova", "barbican")
"""Nova refuses to start where eventlet is imported, and Barbican brings its own settings object."""
POLL_SECONDS = 0.25

Specification = dict[str, Any]


def main() -> None:
    """Start everything, and stay until a child, this process or the record is gone."""
    warnings.simplefilter("ignore")
    file = Path(sys.argv[1])
    specification: Specification = json.loads(file.read_text())
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    family = [_fork(lambda: _together(specification)), _fork(lambda: _swift(specification))]
    family += [_fork(lambda name=name: _service(name, specification)) for name in APART]  # type: ignore[misc]
    record = Path(specification["record"])
    _wait(family, lambda: record.exists())


def _together(specification: Specification) -> None:
    for module in SHARED:
        importlib.import_module(module)
    parent = os.getppid()
    _wait(
        [_fork(lambda name=name: _service(name, specification)) for name in TOGETHER],  # type: ignore[misc]
        lambda: os.getppid() == parent,
    )


def _swift(specification: Specification) -> None:
    import swift_service

    etc = Path(specification["etc"]) / "swift"
    swift_service.rings(etc, specification["ports"])
    import swift.account.server
    import swift.container.server
    import swift.obj.server
    import swift.proxy.server  # noqa: F401 - shared by the four

    parent = os.getppid()

    def serve(name: str) -> None:
        _alone("swift" if name == "proxy" else name, specification)
        swift_service.serve(name, etc)

    _wait(
        [_fork(lambda name=name: serve(name)) for name in ("account", "container", "object", "proxy")],  # type: ignore[misc]
        lambda: os.getppid() == parent,
    )


def _service(name: str, specification: Specification) -> None:
    _alone(name, specification)
    sys.path.insert(0, specification["drivers"])
    import applications

    sys.argv = [f"{name}-api"]
    etc, environment = Path(specification["etc"]), Path(specification["environment"])
    applications.serve(name, etc, environment, specification["ports"][name])


def _alone(name: str, specification: Specification) -> None:
    """Write to a log of one's own, and end with the process that forked this one."""
    log = os.open(Path(specification["log"]) / f"{name}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def _wait(family: list[int], goes_on: Callable[[], bool]) -> None:
    """Return when one of the family is gone, or ``goes_on`` says no."""
    while goes_on():
        gone, _ = os.waitpid(-1, os.WNOHANG)
        if gone in family:
            return
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
