"""The private cloud behind a rehearsal's estate, as its settings declare it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from urllib.parse import urlsplit

from rich.console import Console

from infra.settings import Settings
from rehearsal import link_keys
from rehearsal.home import Home
from rehearsal.openstack_services import services
from rehearsal.openstack_services.declared import Declared, distribution, put
from rehearsal.openstack_services.services import Cloud
from rehearsal.openstack_services.session import Session
from rehearsal.programs.progress import Progress


def start(
    home: Home,
    settings: Settings,
    *,
    progress: Progress | None = None,
    begun: Callable[[], object] = lambda: None,
    fill: Callable[[Cloud], object] = lambda _: None,
) -> Cloud:
    """The real services at the address that the settings name, with what these take for given.

    ``begun`` and ``fill`` as of ``services.start``. Raises ServicesError.
    """
    site, servers = settings.openstack, settings.link.servers
    cluster = site.cluster
    flavors = {cluster.master_flavor, cluster.node_flavor, *(p.flavor for p in site.gpu_pools.values())}
    declared = Declared(
        external_network=site.external_network,
        images=[(image, distribution(image)) for image in (cluster.image, servers.image)],
        flavors={*flavors, servers.flavor},
    )

    def put_all(cloud: Cloud) -> None:
        put(Session.of(cloud, administrator=True), declared)
        link_keys.privately(cloud, settings)
        fill(cloud)

    return services.start(
        home,
        auth_port=urlsplit(str(site.auth_url)).port,
        store_port=urlsplit(str(site.object_store_url)).port,
        region=site.region,
        progress=progress,
        begun=begun,
        fill=put_all,
    )


@contextmanager
def preparing() -> Iterator[None]:
    """Have the services in the user's cache, made beside the block. Raises ServicesError."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(services.prepare, Progress(Console(quiet=True)))
        yield
        with Progress() as shown:
            if not coming.done():
                shown.phase("Preparing the OpenStack services (about 350 MB from PyPI, once)")
            coming.result()


@contextmanager
def beside(home: Home, settings: Settings, fill: Callable[[Cloud], object]) -> Iterator[None]:
    """Start the services beside the block, whose OpenStack plugin waits for them and for ``fill``.

    What went wrong there is raised at the end of the block, in the place of what this did to the block.
    Raises ServicesError, and whatever ``fill`` does.
    """
    services.prepare()
    begun = Event()
    with ThreadPoolExecutor(1) as pool:
        quiet = Progress(Console(quiet=True))
        coming = pool.submit(start, home, settings, progress=quiet, begun=begun.set, fill=fill)
        coming.add_done_callback(lambda _: begun.set())
        begun.wait()
        try:
            yield
        finally:
            coming.result()


__all__ = ["beside", "preparing", "start"]
