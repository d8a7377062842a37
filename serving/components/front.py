"""``FrontService``: fronts that answer by HTTP, behind a load balancer that no internet reaches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from serving.components import scaling
from serving.components.front_pod import LABELS, NAME, PORT, Store, front_pod
from serving.components.network import MONITORING
from serving.components.pod import NAME as TRITON
from serving.components.workload import PATCH_FORCE, Workload
from serving.server.ports import GRPC

HTTPS, HTTP = 443, 80
"""Ports of the load balancer, with a certificate and without."""

core, meta, net = k8s.core.v1, k8s.meta.v1, k8s.networking.v1


@dataclass(frozen=True)
class LoadBalancer:
    """What a cloud makes for the Service, and who may reach it."""

    annotations: Mapping[str, str]
    """As its controller reads them."""
    controller: str | None
    """The class of the controller that makes it; None: the cloud's own."""
    network: str
    """CIDR of the site's network: load balancers and nodes hand on what comes, and probe, from there."""
    from_cidrs: Sequence[str]
    """Networks that may ask."""
    port: int = HTTPS
    node_ports: bool = True
    """Whether what comes passes a port of the nodes; False: it goes to the pods themselves."""


@dataclass(frozen=True)
class FrontFiles:
    """What a front reads; each is what ``serving.front`` calls so."""

    settings: Mapping[str, Any]
    keys: Mapping[str, str] = field(default_factory=dict)
    """Hash of each caller's key, by name."""
    rules: Sequence[Mapping[str, Any]] = ()

    def contents(self) -> dict[str, str]:
        """Files by name. Rules stand alone: a front reads them again by itself, the others once."""
        listed = [{"name": name, "sha256": digest} for name, digest in sorted(self.keys.items())]
        files = {
            "settings.yaml": {**self.settings, "port": PORT},
            "keys.yaml": {"keys": listed},
            "rules.yaml": {"rules": [dict(rule) for rule in self.rules]},
        }
        # JSON is YAML too.
        return {name: json.dumps(content, indent=1) for name, content in files.items()}


class FrontService(pulumi.ComponentResource):
    """Fronts beside the Triton servers of a cluster, and a load balancer before them.

    A changed setting, key or image rolls the pods one by one; each that goes says that it is not ready,
    answers on while the load balancer looks away, and ends. A changed rule needs no new pod.
    """

    address: pulumi.Output[str]
    """Name or address of the load balancer."""
    url: pulumi.Output[str]
    """The same as a URL."""

    def __init__(
        self,
        name: str,
        *,
        namespace: pulumi.Input[str],
        image: pulumi.Input[str],
        files: FrontFiles,
        drain_s: float,
        load_balancer: LoadBalancer,
        store: Store | None = None,
        replicas_min: int = 2,
        replicas_max: int = 4,
        labels: Mapping[str, str] | None = None,
        monitored_by: pulumi.Resource | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the service.

        Args:
            name: of the component.
            namespace: that of the Triton servers.
            image: of this project with ``serving.front``, pinned.
            files: settings, keys and rules.
            drain_s: seconds that a front answers on after it was told to end.
            load_balancer: what stands before it.
            store: where feedback is brought to; None where none is taken.
            replicas_min: fewest pods.
            replicas_max: most pods; more than ``replicas_min`` adds an autoscaler.
            labels: labels of every object, under those of the component itself.
            monitored_by: kube-prometheus-stack in the cluster; None where it does not run.
            opts: with the Kubernetes provider of the cluster.
        """
        super().__init__("isthmus:serving:FrontService", name, None, opts)
        labelled = {**(labels or {}), **LABELS, "app.kubernetes.io/part-of": "isthmus"}
        selector = meta.LabelSelectorArgs(match_labels=LABELS)

        def metadata(**more: Any) -> k8s.meta.v1.ObjectMetaArgs:
            return meta.ObjectMetaArgs(name=NAME, namespace=namespace, labels=labelled, **more)

        child = pulumi.ResourceOptions(parent=self)
        account = k8s.core.v1.ServiceAccount(
            name, metadata=metadata(), automount_service_account_token=False, opts=child
        )
        contents = files.contents()
        config = k8s.core.v1.ConfigMap(name, metadata=metadata(), data=contents, opts=child)
        policy = k8s.networking.v1.NetworkPolicy(
            name, metadata=metadata(), spec=_traffic(load_balancer, selector), opts=child
        )
        read_once = {key: text for key, text in contents.items() if key != "rules.yaml"}
        told = hashlib.sha256(json.dumps(read_once, sort_keys=True).encode()).hexdigest()
        scaled = replicas_max > replicas_min
        deployment = k8s.apps.v1.Deployment(
            name,
            metadata=metadata(annotations=None if scaled else {PATCH_FORCE: "true"}),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=None if scaled else replicas_min,
                selector=selector,
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
                ),
                revision_history_limit=3,
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=meta.ObjectMetaArgs(
                        labels=labelled, annotations={"isthmus.dev/front-settings": told}
                    ),
                    spec=front_pod(image, drain_s, bool(files.keys), store),
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[account, config, policy],
                ignore_changes=["spec.replicas"] if scaled else None,
            ),
        )
        service = k8s.core.v1.Service(
            name,
            metadata=metadata(annotations=dict(load_balancer.annotations)),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="LoadBalancer",
                load_balancer_class=load_balancer.controller,
                allocate_load_balancer_node_ports=None if load_balancer.node_ports else False,
                load_balancer_source_ranges=list(load_balancer.from_cidrs),
                selector=LABELS,
                ports=[
                    core.ServicePortArgs(
                        name="http", port=load_balancer.port, target_port="http", app_protocol="http"
                    )
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
        k8s.policy.v1.PodDisruptionBudget(
            name,
            metadata=metadata(),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1, selector=selector, unhealthy_pod_eviction_policy="AlwaysAllow"
            ),
            opts=child,
        )
        if scaled:
            scales = Workload(deployment, self, "apps/v1", "Deployment")
            scaling.by_cpu(name, metadata, replicas_min, replicas_max, scales, NAME)
        if monitored_by is not None:
            k8s.apiextensions.CustomResource(
                f"{name}-monitor",
                api_version="monitoring.coreos.com/v1",
                kind="ServiceMonitor",
                metadata=metadata(),
                spec={
                    "selector": {"matchLabels": LABELS},
                    "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s"}],
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[monitored_by]),
            )
        self.address = service.status.apply(_address)
        scheme = "https" if load_balancer.port == HTTPS else "http"
        self.url = pulumi.Output.concat(scheme, "://", self.address)
        self.register_outputs({"address": self.address, "url": self.url})


def _address(status: Any) -> str:
    """By name where the load balancer has one, else its address."""
    found = status.load_balancer.ingress if status and status.load_balancer else None
    return str(found[0].hostname or found[0].ip) if found else ""


def _traffic(
    balancer: LoadBalancer, selector: k8s.meta.v1.LabelSelectorArgs
) -> k8s.networking.v1.NetworkPolicySpecArgs:
    """Questions from the load balancer, metrics to monitoring; out of the pods to Triton."""

    def port(number: int) -> list[k8s.networking.v1.NetworkPolicyPortArgs]:
        return [net.NetworkPolicyPortArgs(protocol="TCP", port=number)]

    collector = meta.LabelSelectorArgs(match_labels=MONITORING)
    triton = meta.LabelSelectorArgs(match_labels={"app.kubernetes.io/name": TRITON})
    return net.NetworkPolicySpecArgs(
        pod_selector=selector,
        policy_types=["Ingress", "Egress"],
        ingress=[
            net.NetworkPolicyIngressRuleArgs(
                from_=[
                    net.NetworkPolicyPeerArgs(ip_block=net.IPBlockArgs(cidr=cidr))
                    # A balancer that keeps the caller's address hands it on as it is.
                    for cidr in dict.fromkeys((balancer.network, *balancer.from_cidrs))
                ]
                + [net.NetworkPolicyPeerArgs(namespace_selector=collector)],
                ports=port(PORT),
            )
        ],
        egress=[
            net.NetworkPolicyEgressRuleArgs(
                to=[net.NetworkPolicyPeerArgs(pod_selector=triton)], ports=port(GRPC)
            )
        ],
    )
