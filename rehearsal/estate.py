"""The stack ``local`` as a whole: what must stand before it, up, down, and whether it was lost.

The engine and the plugins know single resources. Here is what belongs to the rehearsal around them: the
engine itself, the company's orders that exist before the estate, and a stand-in that forgot everything.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.naming import Naming
from infra.settings import Settings, read
from infra.settings.changes.beforehand import refusals
from isthmus.errors import IsthmusError
from rehearsal import ports, stack_copy
from rehearsal.cluster.of_home import of_sites
from rehearsal.engine.command import Engine, Event
from rehearsal.engine.errors import EngineError
from rehearsal.engine.plugins import install_plugins
from rehearsal.engine.provide import EngineBinary, provide
from rehearsal.engine.result import Result
from rehearsal.home import INSIDE, Home, project_root
from rehearsal.programs.progress import Progress
from rehearsal.recovery import recover
from rehearsal.stack_copy import STACK

if TYPE_CHECKING:
    from rehearsal.openstack_services.services import Cloud
    from rehearsal.orders import Seeded

# Where serving.components.triton puts its Service; importing it would bring all of Pulumi.
NAMESPACE: Final = "serving"
SERVICE: Final = "triton"
ORDERS_VARIABLE: Final = "ISTHMUS_ORDERS"
SAMPLE: Final = Path("data") / "online-retail"

ENGINES_OWN: Final = "pulumi:providers:pulumi"

Say = Callable[[str], None]


class EstateError(IsthmusError):
    """The rehearsal cannot go on; the message says why and what to do next."""


def install(home: Home, progress: Progress | None = None) -> EngineBinary:
    """Have the engine, the control planes' programs and the plugins ready; milliseconds the second time.

    Raises EngineError or ProgramError where there is no way to one of them.
    """
    from rehearsal.control_plane.provide import provide as provide_control_plane

    with progress or Progress() as shown:
        binary = provide(home, shown)
        provide_control_plane(shown)
    install_plugins(home)
    return binary


@dataclass(frozen=True)
class Estate:
    """The stack ``local`` of one project in one rehearsal. ``say`` gets a line about whatever was mended."""

    home: Home
    project_dir: Path
    say: Say = lambda _: None

    @classmethod
    def find(cls, say: Say = lambda _: None, *, entering: bool = False) -> Estate:
        """The estate of the project around the current folder.

        In a shell that is inside the rehearsal of another clone this raises EstateError; with ``entering``
        it finds the rehearsal of this one. Raises NoProject.
        """
        project_dir, inside = project_root(), os.environ.get(INSIDE)
        if not inside or Path(inside).resolve() == project_dir.resolve():
            return cls(Home.find(), project_dir, say)
        if entering:
            return cls(Home(project_dir / ".isthmus"), project_dir, say)
        raise EstateError(
            f"This shell is inside the rehearsal of {inside}, and the current folder is in {project_dir}: "
            'change over by `eval "$(isthmus env)"`, or leave the other by `eval "$(isthmus env --unset)"`.'
        )

    @property
    def engine(self) -> Engine:
        return Engine(self.home, self.project_dir, self.say, recover)

    @property
    def settings(self) -> Settings:
        """The settings of the stack file, on this rehearsal's ports. Raises SettingsError, PortsTaken."""
        # What is wrong is told of the file that a person wrote.
        read(stack_copy.source(self.project_dir), STACK)
        return read(self.stack_file(), STACK)

    def stack_file(self) -> Path:
        """The copy of the stack file that the engine gets. Raises PortsTaken."""
        return stack_copy.write(self.home, self.project_dir)

    def install(self, progress: Progress | None = None) -> EngineBinary:
        """What its home needs before anything, as ``install``."""
        return install(self.home, progress)

    def install_for_up(self) -> EngineBinary:
        """``install``, and beside it what only an up needs: the private site's services."""
        from rehearsal import private_cloud

        with private_cloud.preparing():
            return self.install()

    @contextmanager
    def given(self, orders: Path | None = None) -> Iterator[Seeded]:
        """What must be there before the estate: ``control_planes``, ``private_cloud``, and the orders in it.

        The private site's services start beside the block, which is to bring the estate up, and the orders go
        there: the OpenStack plugin waits for both. What is told of them is told beforehand.
        """
        from rehearsal import link_keys, private_cloud
        from rehearsal.orders import counted, seed

        settings, folder = self.settings, self.orders(orders)
        told = counted(folder)
        if any(refusals(settings, stack_copy.standing(self.home))):
            # The program refuses them before it asks a cloud: none is to move elsewhere for that.
            yield told
            return
        link_keys.in_aws(self.home, settings)
        with private_cloud.beside(self.home, settings, lambda cloud: seed(cloud, folder)):
            self.control_planes()
            yield told

    def private_cloud(self) -> Cloud:
        """Have the private site's services at work. Raises ServicesError where they do not come up."""
        from rehearsal import private_cloud

        return private_cloud.start(self.home, self.settings)

    def control_planes(self) -> None:
        """Have the control planes of both clusters at work, also of those that the next up makes.

        An up does without: then each begins with its cluster, one after the other. Raises ControlPlaneError.
        """
        from rehearsal.control_plane import clusters

        settings, naming = self.settings, Naming(STACK)
        cidrs = {
            naming.cluster("aws"): str(settings.aws.cluster.service_cidr),
            naming.cluster("openstack"): str(settings.openstack.cluster.services),
        }
        clusters.start(self.home, cidrs, cidrs, self._issuers())

    def _issuers(self) -> dict[str, str]:
        """As the private cluster's operator has set it, for whom the settings take it."""
        issuer = self.settings.openstack.cluster.oidc_issuer
        return {Naming(STACK).cluster("openstack"): str(issuer or "")}

    def resume(self) -> None:
        """Have at work again the control planes that the estate stands on, which somebody may have ended.

        Raises ControlPlaneError.
        """
        from rehearsal.control_plane import clusters
        from rehearsal.control_plane.of_home import control_planes

        if standing := control_planes(self.home):
            clusters.start(self.home, [plane.site for plane in standing])

    def seed_orders(self, orders: Path | None = None) -> Seeded:
        """Put in place what the company has before the estate: its private object store with the orders.

        Raises NoOrders where the folder (the one named, else ``$ISTHMUS_ORDERS``, else the sample) has none.
        """
        from rehearsal.control_plane import clusters
        from rehearsal.orders import seed

        clusters.will_sign(self.home, self._issuers())
        return seed(self.private_cloud(), self.orders(orders))

    def orders(self, named: Path | None = None) -> Path:
        """The folder of by-day order files: the one named, else ``$ISTHMUS_ORDERS``, else the sample."""
        folder = named or (Path(found) if (found := os.environ.get(ORDERS_VARIABLE)) else None)
        return folder or self.project_dir / SAMPLE

    def lost(self) -> str:
        """What forgot the estate since it was brought up, as the start of a sentence, or ""."""
        from rehearsal.control_plane.of_home import control_planes
        from rehearsal.openstack_services import services
        from rehearsal.plugins.aws import moto_server

        if STACK not in self.engine.stacks():
            return ""
        if moto_server.is_lost(self.home.aws):
            return "The stand-in for AWS was ended, and all that it held went with it"
        gone = ""
        if not control_planes(self.home):
            gone = "What the control planes held is gone"
        elif not services.folder_of(self.home).cloud.is_dir():
            gone = "What the private site's services held is gone"
        return gone if gone and self.resources() else ""

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the stack's state, as the engine exports them, without the engine's own provider.

        That one comes with a question to the engine, such as what stands; no summary of the engine counts it.
        """
        if STACK not in self.engine.stacks():
            return []
        deployment = self.engine.export(STACK).get("deployment") or {}
        return [resource for resource in deployment.get("resources") or [] if resource["type"] != ENGINES_OWN]

    def up(
        self,
        on_event: Callable[[Event], None] | None = None,
        arguments: tuple[str, ...] = (),
        orders: Seeded | None = None,
        written: Mapping[str, Any] | None = None,
    ) -> Result:
        """Bring the stack to what the program says; with ``orders``, trained on these.

        ``written`` are keys of the section ``orders`` that go before those of the stack file.

        The jobs run again when the orders are others than those of the last up. Without ``orders``, the
        orders are those that the stack file tells of: the sample. Raises AgentFailed where the clusters' node
        does not come up.
        """
        from rehearsal.cluster import agent
        from rehearsal.control_plane.of_home import control_planes

        if control_planes(self.home):
            # What an ended one ran comes back by it, also where the engine finds nothing to change.
            agent.ensure(self.home)
        version = "" if orders is None or orders.version == self._stated_version() else orders.version
        stack_copy.remember_orders(self.home, version, written)
        return self.engine.up(STACK, on_event=on_event, arguments=arguments, config_file=self.stack_file())

    def _stated_version(self) -> str:
        return read(stack_copy.source(self.project_dir), STACK).training.orders_version

    def destroy(self, on_event: Callable[[Event], None] | None = None) -> Result | None:
        """Destroy every resource through the engine; None where there is none."""
        if not self.resources():
            return None
        self.resume()
        return self.engine.destroy(STACK, on_event=on_event, config_file=self.stack_file())

    def wipe(self) -> None:
        """End every process of the rehearsal and forget its records and state; engine and plugins stay."""
        from rehearsal.cluster import agent
        from rehearsal.control_plane import running
        from rehearsal.control_plane.of_home import control_planes
        from rehearsal.openstack_services import services
        from rehearsal.plugins.aws import moto_server

        agent.stop(self.home)
        running.stop(control_planes(self.home))
        services.stop(self.home)
        moto_server.stop(self.home.aws)
        for name in ("clusters", "control-planes", "aws", "openstack", "kubernetes", "state", "derived"):
            shutil.rmtree(self.home.root / name, ignore_errors=True)
        stack_copy.forget_orders(self.home)
        ports.release(self.home)

    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs. Raises EstateError where it is not up."""
        try:
            found = self.engine.outputs(STACK) if STACK in self.engine.stacks() else {}
        except EngineError as error:
            raise EstateError(f"{error} Run `isthmus rehearse` first.") from None
        if not found:
            raise EstateError("The rehearsal is not up: run `isthmus rehearse` first.")
        return found

    def releases_bucket(self) -> str:
        """The bucket that releases are in. Raises EstateError where the estate is not up, or has none."""
        try:
            return str(self.outputs()["buckets"]["releases"])
        except KeyError:
            raise EstateError("The estate has no releases bucket: run `isthmus up`.") from None

    def triton(self, site: str | None = None) -> list[str]:
        """Addresses of the ready Triton servers, ``grpc://IP:PORT``, of one site or of all."""
        return [f"grpc://{address}" for address in of_sites(self.home, site, NAMESPACE, SERVICE, "grpc")]

    def answers(self) -> bool:
        """Whether a Triton server of the estate is ready to answer."""
        # Here, since the client brings gRPC and NumPy, which the commands around the engine have no use for.
        from isthmus_client import Recommender

        for url in self.triton():
            with Recommender(url, timeout_s=2, patience_s=0) as recommender:
                if recommender.ready():
                    return True
        return False
