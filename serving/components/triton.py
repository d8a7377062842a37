"""``TritonService``: Triton servers that answer from one release, in one cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from serving.components.canary import Canary, what_judges
from serving.components.monitoring import monitoring
from serving.components.network import ingress_rules
from serving.components.pod import NAME, PodSpec, Resources, Timing
from serving.components.scaling import ByQueue, by_cpu, by_queue
from serving.components.workload import declare
from serving.server.ports import GRPC, HTTP, METRICS, PROXY_METRICS

meta = k8s.meta.v1


class TritonService(pulumi.ComponentResource):
    """Triton behind a Service of the cluster's own; nothing outside the cluster can reach it.

    A new release (or image, or key) rolls the pods one by one: each new pod pulls and verifies the release,
    loads it, answers its probe, and only then an old one leaves the Service, finishes what it has begun, and
    ends. A release that cannot be verified never becomes ready, so the old pods stay. With a ``canary``, some
    pods have the new release first, and it goes on or back by itself.
    """

    service_name: pulumi.Output[str]
    """Name of the Service, in ``namespace``."""
    http_url: pulumi.Output[str]
    """``http://...`` inside the cluster."""
    grpc_url: pulumi.Output[str]
    """``grpc://...`` inside the cluster, as ``isthmus_client.Recommender`` takes it."""
    release: pulumi.Output[str]
    """The digest that is served, known once all its pods are ready; with a canary, what was asked for."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        release: pulumi.Input[str],
        releases_bucket: pulumi.Input[str],
        trusted_keys: pulumi.Input[Sequence[pulumi.Input[str]]],
        triton_image: pulumi.Input[str],
        serving_image: pulumi.Input[str],
        envoy_image: pulumi.Input[str],
        region: pulumi.Input[str],
        replicas_min: int = 1,
        replicas_max: int = 1,
        scaling: ByQueue | None = None,
        gpus: int = 0,
        node_selector: Mapping[str, str] | None = None,
        endpoint_url: pulumi.Input[str] | None = None,
        endpoints: Mapping[str, pulumi.Input[str]] | None = None,
        role_arn: pulumi.Input[str] | None = None,
        onnx_backend: str | None = None,
        resources: Resources | None = None,
        timing: Timing | None = None,
        monitored_by: pulumi.Resource | None = None,
        canary: Canary | None = None,
        labels: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the service.

        Args:
            name: of the component.
            namespace: where everything goes.
            release: digest, ``sha256:...``.
            releases_bucket: bucket that holds the release.
            trusted_keys: base64 Ed25519 public keys; a release signed by none of them is refused.
            triton_image: image of Triton, pinned.
            serving_image: image of this project with ``serving.pull``, pinned.
            envoy_image: image of Envoy, pinned.
            region: AWS region of the bucket.
            replicas_min: fewest pods.
            replicas_max: most pods; more than ``replicas_min`` adds an autoscaler.
            scaling: what KEDA scales by; None: a HorizontalPodAutoscaler by CPU.
            gpus: GPUs of each pod; 0 serves from the CPU.
            node_selector: labels of the nodes to run on; None is anywhere.
            endpoint_url: other S3 (and STS) endpoint than AWS's own.
            endpoints: other addresses of single services, by the variable that AWS's libraries read.
            role_arn: IAM role to take by the pod's OIDC token, for clusters outside AWS; None where the
                cluster gives the service account its role (EKS Pod Identity).
            onnx_backend: ``native`` or ``python``; None lets the init step find out.
            resources: CPU, memory and disk of a pod.
            timing: seconds for starting and stopping.
            monitored_by: kube-prometheus-stack in the cluster, which then gets what to ask, alerts and a
                dashboard; None where it does not run.
            canary: how a new release is judged beside the one before, by the cluster's Argo Rollouts; None
                lets it follow server by server.
            labels: labels of every object, over those of the component itself.
            opts: with the Kubernetes provider of the cluster.
        """
        super().__init__("isthmus:serving:TritonService", name, None, opts)
        if not 1 <= replicas_min <= replicas_max:
            raise ValueError(f"{name}: replicas {replicas_min}..{replicas_max}; allowed 1 <= min <= max")
        selector = {"app.kubernetes.io/name": NAME}
        labelled = {
            **(labels or {}),
            **selector,
            "app.kubernetes.io/part-of": "isthmus",
            "app.kubernetes.io/component": "serving",
        }
        spec = PodSpec(
            release=release,
            releases_bucket=releases_bucket,
            trusted_keys=trusted_keys,
            triton_image=triton_image,
            serving_image=serving_image,
            envoy_image=envoy_image,
            region=region,
            endpoint_url=endpoint_url,
            endpoints=endpoints or {},
            role_arn=role_arn,
            onnx_backend=onnx_backend,
            gpus=gpus,
            node_selector=node_selector,
            resources=resources or Resources(),
            timing=timing or Timing(),
        )

        def metadata(**more: Any) -> k8s.meta.v1.ObjectMetaArgs:
            return meta.ObjectMetaArgs(name=NAME, namespace=namespace, labels=labelled, **more)

        child = pulumi.ResourceOptions(parent=self)
        account = k8s.core.v1.ServiceAccount(
            name, metadata=metadata(), automount_service_account_token=False, opts=child
        )
        policy = k8s.networking.v1.NetworkPolicy(
            name,
            metadata=metadata(),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.LabelSelectorArgs(match_labels=selector),
                policy_types=["Ingress"],
                ingress=ingress_rules(),
            ),
            opts=child,
        )
        scaled = replicas_max > replicas_min
        before: list[pulumi.Resource] = [account, policy]
        if canary is not None:
            before += what_judges(
                name,
                canary,
                namespace=namespace,
                selector=selector,
                labels=labelled,
                spec=spec,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[*canary.after]),
            )
        workload = declare(
            name,
            namespace=namespace,
            labels=labelled,
            selector=selector,
            spec=spec,
            replicas=None if scaled else replicas_min,
            most=replicas_max,
            canary=canary,
            opts=pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        service = k8s.core.v1.Service(
            name,
            metadata=metadata(),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="ClusterIP",
                selector=selector,
                ports=[
                    k8s.core.v1.ServicePortArgs(name=port, port=number, target_port=port, app_protocol=kind)
                    for port, number, kind in (
                        ("http", HTTP, "http"),
                        ("grpc", GRPC, "kubernetes.io/h2c"),
                        ("metrics", METRICS, "http"),
                        ("proxy-metrics", PROXY_METRICS, "http"),
                    )
                ],
            ),
            opts=child,
        )
        k8s.policy.v1.PodDisruptionBudget(
            name,
            metadata=metadata(),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                # Not min_available: with one replica it would let no node ever be drained.
                max_unavailable=1,
                selector=meta.LabelSelectorArgs(match_labels=selector),
                unhealthy_pod_eviction_policy="AlwaysAllow",
            ),
            opts=child,
        )
        if monitored_by is not None:
            after = pulumi.ResourceOptions(parent=self, depends_on=[monitored_by])
            monitoring(name, namespace=namespace, service=NAME, labels=labelled, opts=after)
        if scaled and scaling is not None:
            by_queue(name, metadata(), replicas_min, replicas_max, scaling, workload)
        elif scaled:
            by_cpu(name, metadata, replicas_min, replicas_max, workload)
        self.service_name = service.metadata.name
        host = pulumi.Output.concat(service.metadata.name, ".", service.metadata.namespace)
        self.http_url = pulumi.Output.concat("http://", host, f":{HTTP}")
        self.grpc_url = pulumi.Output.concat("grpc://", host, f":{GRPC}")
        self.release = pulumi.Output.all(release, workload.resource.id).apply(lambda both: str(both[0]))
        self.register_outputs(
            {
                "service_name": self.service_name,
                "http_url": self.http_url,
                "grpc_url": self.grpc_url,
                "release": self.release,
            }
        )
