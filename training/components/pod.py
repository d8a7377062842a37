"""The pod of a job of this package: one typed spec for all of them.

The same pod runs on both sites and in a rehearsal. It has no privilege, no root, no writable image, no token
of the cluster's API, and ends with an exit code that says whether to try again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from isthmus.errors import WRONG_DATA
from isthmus.exit_codes import EXIT_PEER_LOST, EXIT_PREEMPTED, EXIT_REFUSED, EXIT_STRAGGLING
from isthmus.pod_parts import (
    POOL_LABEL,
    TRAINING_PRIORITY,
    container_security,
    gpu_tolerations,
    pod_security,
    resources,
    role_variables,
    token_mount,
    token_volume,
    variable,
    variable_from_field,
)
from isthmus.source_digest import source_digest
from training.components.context import JobContext

USER = 65532
"""The user of the image ``isthmus/training`` (``isthmus.images.catalogue``); any but 0 would do."""
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
INPUTS_ANNOTATION = "isthmus.dev/inputs"
KEYS_SECRET = "isthmus-keys"  # noqa: S105
GRACE_SECONDS = 60
"""Between SIGTERM and the kill: enough to save a checkpoint; a spot notice leaves 120."""

core = k8s.core.v1


@dataclass(frozen=True)
class Resources:
    """What one pod asks for, and the memory and scratch disk it may not exceed."""

    cpu: str = "1"
    memory: str = "2Gi"
    memory_limit: str = "4Gi"
    scratch: str = "4Gi"


@dataclass(frozen=True, kw_only=True)
class JobPod:
    """A pod of a job: what is the job's own, beside the context that it shares.

    Attributes:
        name: of the job, its container and its service account.
        module: what ``python -m`` runs.
        context: of the pipeline on the job's site.
        env: further plain variables; $(NAME) in one is the variable NAME.
        inputs: digest of all that decides the job's result; another one is another job.
        fields: variables that tell a field of the pod, such as metadata.name; before those of ``env``.
        keys: variables that come from the Secret ``isthmus-keys``, under keys of the same names.
        gpus: GPUs of the pod.
        pool: node pool to run on; None is anywhere.
        subdomain: headless Service that gives the pods their names.
        resources: CPU, memory, disk.
        backoff_limit: how often a pod that failed is tried again.
        timeout_seconds: after which the job has failed, waiting for capacity included.
        volumes: further ones.
        mounts: where the container finds them.
    """

    name: str
    module: str
    context: JobContext
    env: Mapping[str, pulumi.Input[str]]
    inputs: pulumi.Output[str]
    fields: Mapping[str, str] = field(default_factory=dict)
    keys: Sequence[str] = ()
    gpus: int = 0
    pool: str | None = None
    subdomain: str | None = None
    resources: Resources = Resources()
    backoff_limit: int = 3
    timeout_seconds: int
    volumes: Sequence[k8s.core.v1.VolumeArgs] = ()
    mounts: Sequence[k8s.core.v1.VolumeMountArgs] = ()


def labels_of(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Labels of a job's objects, over those of the context."""
    return {
        **labels,
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "isthmus",
        "app.kubernetes.io/component": "training",
    }


def inputs_digest(module: str, *inputs: pulumi.Input[str]) -> pulumi.Output[str]:
    """``sha256:<hex>`` over what decides a job's result, and the code of the module that computes it."""

    def digest(known: Sequence[str]) -> str:
        text = json.dumps([source_digest(module), *known])
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    return pulumi.Output.all(*inputs).apply(digest)


def failure_policy(container: str) -> k8s.batch.v1.PodFailurePolicyArgs:
    """Which ends of a pod count: wrong input fails the job, preemption and lost peers cost nothing."""

    def on_exit(action: str, codes: list[int]) -> k8s.batch.v1.PodFailurePolicyRuleArgs:
        return k8s.batch.v1.PodFailurePolicyRuleArgs(
            action=action,
            on_exit_codes=k8s.batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
                container_name=container, operator="In", values=codes
            ),
        )

    return k8s.batch.v1.PodFailurePolicyArgs(
        rules=[
            on_exit("FailJob", [WRONG_DATA, EXIT_REFUSED]),
            on_exit("Ignore", [EXIT_PEER_LOST, EXIT_PREEMPTED, EXIT_STRAGGLING]),
            k8s.batch.v1.PodFailurePolicyRuleArgs(
                action="Ignore",
                on_pod_conditions=[
                    k8s.batch.v1.PodFailurePolicyOnPodConditionsPatternArgs(
                        type="DisruptionTarget", status="True"
                    )
                ],
            ),
        ]
    )


def pod_template(pod: JobPod) -> k8s.core.v1.PodTemplateSpecArgs:
    """The pod template of a job."""
    return core.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(
            labels=labels_of(pod.name, pod.context.labels), annotations={INPUTS_ANNOTATION: pod.inputs}
        ),
        spec=core.PodSpecArgs(
            restart_policy="Never",
            service_account_name=pod.name,
            automount_service_account_token=False,
            enable_service_links=False,
            subdomain=pod.subdomain,
            termination_grace_period_seconds=GRACE_SECONDS,
            priority_class_name=TRAINING_PRIORITY,
            security_context=pod_security(USER),
            containers=[_container(pod)],
            volumes=_volumes(pod),
            node_selector={POOL_LABEL: pod.pool} if pod.pool else None,
            tolerations=gpu_tolerations(pod.gpus),
        ),
    )


def _container(pod: JobPod) -> k8s.core.v1.ContainerArgs:
    context, role, asked = pod.context, pod.context.roles.get(pod.name), pod.resources
    env = [
        variable("HOME", "/tmp"),  # noqa: S108
        variable("TMPDIR", "/tmp"),  # noqa: S108
        variable("PYTHONUNBUFFERED", "1"),
        # Which of the two is read depends on the SDK.
        variable("AWS_REGION", context.region),
        variable("AWS_DEFAULT_REGION", context.region),
        *[variable_from_field(name, path) for name, path in pod.fields.items()],
        *[variable(name, value) for name, value in pod.env.items()],
        *[_variable_from_secret(name) for name in pod.keys],
    ]
    mounts = [core.VolumeMountArgs(name="tmp", mount_path="/tmp"), *pod.mounts]  # noqa: S108
    if context.endpoint_url is not None:
        env.append(variable("AWS_ENDPOINT_URL", context.endpoint_url))
    env += [variable(name, url) for name, url in context.endpoints.items()]
    if role is not None:
        env += role_variables(role, pod.name)
        mounts.append(token_mount())
    return core.ContainerArgs(
        name=pod.name,
        image=context.image,
        command=["python", "-m", pod.module],
        env=env,
        volume_mounts=mounts,
        resources=resources(asked.cpu, asked.memory, asked.memory_limit, pod.gpus),
        # The last lines of a failed job say why; the engine shows them.
        termination_message_policy="FallbackToLogsOnError",
        security_context=container_security(),
    )


def _volumes(pod: JobPod) -> list[k8s.core.v1.VolumeArgs]:
    scratch = core.EmptyDirVolumeSourceArgs(size_limit=pod.resources.scratch)
    tokens = [token_volume()] if pod.name in pod.context.roles else []
    return [core.VolumeArgs(name="tmp", empty_dir=scratch), *tokens, *pod.volumes]


def _variable_from_secret(name: str) -> k8s.core.v1.EnvVarArgs:
    key = core.SecretKeySelectorArgs(name=KEYS_SECRET, key=name)
    return core.EnvVarArgs(name=name, value_from=core.EnvVarSourceArgs(secret_key_ref=key))
