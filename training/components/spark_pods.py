"""``SparkPods``: what a job needs to be a driver of Spark that starts its executors itself, as pods.

Spark's own way in client mode: the driver asks the API server for pods, which are its own and go with it. No
operator and no controller is in it. What it asks for is in apache/spark,
resource-managers/kubernetes/core/src/main/scala/org/apache/spark/scheduler/cluster/k8s:
ExecutorPodsAllocator.scala (at 0132955c: its own pod read and watched until it is ready, executors created,
labelled ones deleted) and KubernetesClusterSchedulerBackend.scala (at 00c026d9: executors listed and deleted;
config maps, services and claims only where ``executors.spark_conf`` does not turn them off; both read
2026-11-28).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from training.components.context import JobContext
from training.components.executors import (
    BLOCKS_PORT,
    DRIVER_PORT,
    EXECUTOR,
    TEMPLATE,
    TEMPLATE_FOLDER,
    ExecutorSpec,
    executor_pod,
    spark_conf,
)
from training.components.pod import USER, labels_of

TOKEN_FOLDER = "/var/run/secrets/isthmus-api"  # noqa: S105
VERBS: Mapping[str, tuple[str, ...]] = {
    "pods": ("create", "delete", "deletecollection", "get", "list", "watch"),
}
"""All that the driver may do in its namespace, by resource."""
FIELDS: Mapping[str, str] = {
    "POD_NAME": "metadata.name",
    "POD_NAMESPACE": "metadata.namespace",
    "POD_IP": "status.podIP",
}
"""The driver's variables that tell a field of its pod."""

core = k8s.core.v1


class SparkPods(pulumi.ComponentResource):
    """The role and the name of a driver, and the account and the template of its executors."""

    after: list[pulumi.Resource]
    """What must stand before the driver."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        driver: str,
        spec: ExecutorSpec,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare them.

        Args:
            name: of the component.
            context: of the pipeline in the cluster.
            driver: name of the driver's account and of the headless service that gives its pod a name.
            spec: of the executors.
            opts: with the cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:SparkPods", name, None, opts)
        self._context, self._driver, self._spec = context, driver, spec
        child = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        labels = labels_of(driver, context.labels)

        def called(text: pulumi.Input[str]) -> k8s.meta.v1.ObjectMetaArgs:
            return k8s.meta.v1.ObjectMetaArgs(name=text, namespace=context.namespace, labels=labels)

        account = core.ServiceAccount(
            f"{name}-executor", metadata=called(EXECUTOR), automount_service_account_token=False, opts=child
        )
        rights = k8s.rbac.v1.Role(
            name,
            metadata=called(driver),
            rules=[
                k8s.rbac.v1.PolicyRuleArgs(api_groups=[""], resources=[resource], verbs=list(verbs))
                for resource, verbs in VERBS.items()
            ],
            opts=child,
        )
        binding = k8s.rbac.v1.RoleBinding(
            name,
            metadata=called(driver),
            role_ref=k8s.rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=driver),
            subjects=[
                k8s.rbac.v1.SubjectArgs(kind="ServiceAccount", name=driver, namespace=context.namespace)
            ],
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[rights])),
        )
        ports = {"driver": DRIVER_PORT, "blocks": BLOCKS_PORT}
        service = core.Service(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=driver,
                namespace=context.namespace,
                labels=labels,
                # The driver comes after it: nothing to wait for here.
                annotations={"pulumi.com/skipAwait": "true"},
            ),
            spec=core.ServiceSpecArgs(
                cluster_ip="None",
                publish_not_ready_addresses=True,
                selector={"app.kubernetes.io/name": driver},
                ports=[core.ServicePortArgs(name=each, port=port) for each, port in ports.items()],
            ),
            opts=child,
        )
        pod = pulumi.Output.all(context.region, context.endpoint_url).apply(
            lambda known: _template(spec, context, str(known[0]), known[1])
        )
        # Another template is another map: a driver that runs keeps its own.
        self._template = pod.apply(lambda text: f"{EXECUTOR}-{hashlib.sha256(text.encode()).hexdigest()[:8]}")
        template = core.ConfigMap(
            name,
            metadata=called(self._template),
            data={TEMPLATE: pod},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.after = [account, binding, service, template]
        self.register_outputs({})

    def env(self, job: pulumi.Input[str], folder: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        """Variables of the driver, besides ``FIELDS``.

        Args:
            job: name of the driver's Job, of which it is the pod with index 0.
            folder: that driver and executors share, ``s3://BUCKET/PREFIX``.
        """

        def conf(known: list[str]) -> str:
            host = f"{known[0]}-0.{self._driver}.$(POD_NAMESPACE).svc"
            return json.dumps(spark_conf(self._spec, host, str(known[1])))

        return {
            # The kubelet tells these two of every pod.
            "SPARK_MASTER": "k8s://https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)",
            "SPARK_CONF": pulumi.Output.all(job, self._context.image).apply(conf),
            "SPARK_FOLDER": folder,
            # Spark's client of the API server reads the token anew from there when it has expired.
            "KUBERNETES_AUTH_TRYKUBECONFIG": "false",
            "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN": f"{TOKEN_FOLDER}/token",
            "KUBERNETES_CERTS_CA_FILE": f"{TOKEN_FOLDER}/ca.crt",
        }

    @property
    def volumes(self) -> list[k8s.core.v1.VolumeArgs]:
        """The driver's: the template of executors, and a token of its account for the API server."""
        token = core.ServiceAccountTokenProjectionArgs(expiration_seconds=3600, path="token")
        authority = core.ConfigMapProjectionArgs(
            name="kube-root-ca.crt", items=[core.KeyToPathArgs(key="ca.crt", path="ca.crt")]
        )
        sources = [
            core.VolumeProjectionArgs(service_account_token=token),
            core.VolumeProjectionArgs(config_map=authority),
        ]
        return [
            core.VolumeArgs(name="executor", config_map=core.ConfigMapVolumeSourceArgs(name=self._template)),
            core.VolumeArgs(name="api-token", projected=core.ProjectedVolumeSourceArgs(sources=sources)),
        ]

    @property
    def mounts(self) -> list[k8s.core.v1.VolumeMountArgs]:
        """Where the driver finds them."""
        return [
            core.VolumeMountArgs(name="executor", mount_path=TEMPLATE_FOLDER, read_only=True),
            core.VolumeMountArgs(name="api-token", mount_path=TOKEN_FOLDER, read_only=True),
        ]


def _template(spec: ExecutorSpec, context: JobContext, region: str, endpoint_url: str | None) -> str:
    env = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    if endpoint_url:
        env["AWS_ENDPOINT_URL"] = endpoint_url
    labels = labels_of(EXECUTOR, context.labels)
    return json.dumps(executor_pod(spec, user=USER, labels=labels, env=env), indent=1)
