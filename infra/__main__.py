"""The estate of one stack: two shores, the link between them, and what runs on each."""

from pulumi import Output, ResourceOptions

from infra import pins
from infra.aws.budget import Budget
from infra.aws.site import AwsSite
from infra.drain import Outputs, begin, run
from infra.link import AwsLinkEnd, Link, OpenStackShore
from infra.model_serving import latest_release, triton_services
from infra.naming import Naming
from infra.openstack.site import OpenStackSite
from infra.prepare_clusters import prepare_clusters
from infra.providers import aws_provider, openstack_provider
from infra.settings import Settings, load
from infra.settings.changes.beforehand import OUTPUT, Standing, output, resized, taken
from infra.standing import refuse, standing
from infra.training_pipeline import learning


async def estate(settings: Settings, stands: Standing = Standing()) -> Outputs:  # noqa: B008 - it is frozen
    """Settings in, estate out: register all of one environment and return the stack's outputs."""
    naming, linked = Naming(settings.stack), settings.link.enabled
    aws, openstack = aws_provider(settings.aws, naming), openstack_provider(settings.openstack)
    await begin()

    # The two shores: each lives when the other is gone.
    public = AwsSite(
        "aws",
        naming=naming,
        settings=settings.aws,
        private_cidr=str(settings.openstack.network.cidr) if linked else None,
        taken=taken(settings, stands),
        resized=resized(settings, stands),
        opts=ResourceOptions(provider=aws),
    )
    await begin()
    private = OpenStackSite(
        "openstack",
        naming=naming,
        settings=settings.openstack,
        aws_cidr=str(settings.aws.network.cidr) if linked else None,
        resized=resized(settings, stands),
        opts=ResourceOptions(provider=openstack),
    )
    await begin()
    outputs: dict[str, object] = {**public.exports, **private.exports, OUTPUT: output(settings, stands)}

    # The link that joins them.
    if linked:
        link = Link(
            "link",
            naming=naming,
            settings=settings.link,
            aws_shore=AwsLinkEnd.of(public, settings.aws),
            openstack_shore=OpenStackShore.of(private, settings.openstack),
            opts=ResourceOptions(providers=[aws, openstack]),
        )
        outputs["link"] = {"aws": link.aws_addresses, "openstack": link.private_address}
    await begin()

    # What runs on them: orders become a signed release on the way there and back, and Triton answers from it.
    aws_shore, private_shore = prepare_clusters(
        settings=settings,
        naming=naming,
        public=public,
        private=private,
        aws_cloud=aws,
        openstack_cloud=openstack,
    )
    await begin()
    signed: Output[str] | str = ""
    if settings.training.enabled:
        signed = learning(
            settings=settings,
            naming=naming,
            public=aws_shore,
            private=private_shore,
            arrivals=public.buckets.arrivals.bucket,
            releases=public.buckets.releases.bucket,
            private_container=private.private_container.container,
            image=public.registry.image(pins.TRAINING_IMAGE),
        )
    await begin()
    if settings.serving.enabled:
        releases, release = public.buckets.releases.bucket, settings.serving.release
        services = triton_services(
            {"aws": aws_shore, "openstack": private_shore},
            settings=settings,
            naming=naming,
            release=latest_release(releases, signed, aws) if release == "latest" else release,
            releases_bucket=releases,
            image=public.registry.image(pins.SERVING_IMAGE),
        )
        outputs["serving"] = {
            site: {"release": service.release, "http": service.http_url, "grpc": service.grpc_url}
            for site, service in services.items()
        }

    if settings.budget.usd_per_month is not None:
        Budget("budget", naming=naming, settings=settings.budget, opts=ResourceOptions(provider=aws))
    return outputs


async def main() -> Outputs:
    """The estate of the stack that the engine runs, if what stands of it can become that."""
    settings, stands = load(), await standing()
    refuse(settings, stands)
    return await estate(settings, stands)


if __name__ == "__main__":
    run(main)
