"""The estate of one stack: two sites, the link between them, and what runs on each."""

from collections.abc import Collection

from pulumi import Output, ResourceOptions
from pulumi.runtime import register_stack_transformation

from infra.aws.budget import Budget
from infra.aws.site import AwsSite
from infra.cluster_platform.parts import addons
from infra.component_tag import tag_components
from infra.drain import Outputs, flush_registrations, run
from infra.front_services import front_services
from infra.link import AwsLinkEnd, Link, OpenStackLinkEnd
from infra.model_serving import served_release, triton_services
from infra.naming import Naming
from infra.openstack.site import OpenStackSite
from infra.own_images import own_image
from infra.prepare_clusters import prepare_clusters
from infra.providers import aws_provider, openstack_provider
from infra.settings import Settings, load
from infra.settings.changes.beforehand import OUTPUT, Standing, output, resized, taken
from infra.settings.changes.steps import versions
from infra.standing import jobs_made_again, refuse, standing
from infra.training_pipeline import training_pipeline


async def estate(
    settings: Settings,
    stands: Standing = Standing(),  # noqa: B008 - it is frozen
    made_again: Collection[str] = (),
) -> Outputs:
    """Settings in, estate out: register all of one environment and return the stack's outputs."""
    naming, linked = Naming(settings.stack), settings.link.enabled
    in_aws, in_openstack = aws_provider(settings.aws, naming), openstack_provider(settings.openstack)
    await flush_registrations()

    # The two sites: each lives when the other is gone.
    aws = AwsSite(
        "aws",
        naming=naming,
        settings=settings.aws,
        openstack_cidr=str(settings.openstack.network.cidr) if linked else None,
        data_through_link=linked and settings.link.data == "link",
        versions=versions(settings),
        addons=addons(settings),
        taken=taken(settings, stands),
        resized=resized(settings, stands),
        protect=settings.protects,
        opts=ResourceOptions(provider=in_aws),
    )
    await flush_registrations()
    openstack = OpenStackSite(
        "openstack",
        naming=naming,
        settings=settings.openstack,
        resized=resized(settings, stands),
        protect=settings.protects,
        opts=ResourceOptions(provider=in_openstack),
    )
    await flush_registrations()
    outputs: dict[str, object] = {**aws.exports, **openstack.exports, OUTPUT: output(settings, stands)}

    # The link that joins them.
    link: Link | None = None
    if linked:
        link = Link(
            "link",
            naming=naming,
            settings=settings.link,
            aws_end=AwsLinkEnd.of(aws, settings.aws),
            openstack_end=OpenStackLinkEnd.of(openstack, settings.openstack),
            opts=ResourceOptions(providers=[in_aws, in_openstack]),
        )
        outputs["link"] = {"aws": link.aws_addresses, "openstack": link.openstack_addresses}
    await flush_registrations()
    if settings.budget.watched:
        Budget("budget", naming=naming, settings=settings.budget, opts=ResourceOptions(provider=in_aws))
    if not settings.deploy.in_clusters:
        return outputs

    # What runs on them: orders become a signed release on the way there and back, and Triton answers from it.
    clusters = prepare_clusters(
        settings=settings,
        naming=naming,
        aws_site=aws,
        openstack_site=openstack,
        aws_provider=in_aws,
        openstack_provider=in_openstack,
        link=link,
    )
    await flush_registrations()
    signed: Output[str] | str = ""
    if settings.training.enabled:
        signed = training_pipeline(
            clusters,
            settings=settings,
            naming=naming,
            buckets=aws.buckets,
            private_container=openstack.private_container.container,
            image=lambda name: own_image(name, aws.registry, settings.images),
            made_again=made_again,
        )
    await flush_registrations()
    if settings.serving.enabled:
        services = triton_services(
            clusters,
            settings=settings,
            naming=naming,
            release=served_release(
                clusters,
                settings=settings,
                bucket=aws.buckets.releases,
                signed=signed,
                provider=in_aws,
            ),
            releases_bucket=aws.buckets.releases.bucket,
            image=own_image("serving", aws.registry, settings.images),
        )
        outputs["serving"] = {
            site: {"release": service.release, "http": service.http_url, "grpc": service.grpc_url}
            for site, service in services.items()
        }
        if settings.serving.front.enabled:
            fronts = front_services(
                clusters,
                services,
                settings=settings,
                naming=naming,
                image=own_image("front", aws.registry, settings.images),
                arrivals_bucket=aws.buckets.arrivals.bucket,
            )
            outputs["front"] = {site: front.url for site, front in fronts.items()}
    return outputs


async def main() -> Outputs:
    """The estate of the stack that the engine runs, if what stands of it can become that."""
    settings, stands = load(), await standing()
    refuse(settings, stands)
    register_stack_transformation(tag_components(settings.stack))
    return await estate(settings, stands, await jobs_made_again())


if __name__ == "__main__":
    run(main)
