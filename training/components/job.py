"""The Job of a component: what is the same for all jobs of this package, around the spec that differs."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s

from isthmus.pod_parts import value_alone
from training.components.pod import JobPod, failure_policy, labels_of, pod_template

SKIP_AWAIT = "pulumi.com/skipAwait"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""Replaces a Job that has not completed, one that still runs among them, so only a failed one may have it
(pulumi/pulumi-kubernetes v4.32.0, provider/pkg/provider/provider.go, ``Diff``; read 2026-11-27)."""


def single_pod(pod: JobPod) -> k8s.batch.v1.JobSpecArgs:
    """The spec of a Job of one pod."""
    return k8s.batch.v1.JobSpecArgs(
        backoff_limit=pod.backoff_limit,
        active_deadline_seconds=pod.timeout_seconds,
        pod_failure_policy=failure_policy(pod.name),
        template=pod_template(pod),
    )


def indexed_pods(
    pod: JobPod,
    *,
    pods: int,
    may_fail: int,
    success_policy: k8s.batch.v1.SuccessPolicyArgs | None = None,
) -> k8s.batch.v1.JobSpecArgs:
    """The spec of a Job of many pods, each tried again by itself; ``may_fail`` of them may fail."""
    return k8s.batch.v1.JobSpecArgs(
        completion_mode="Indexed",
        completions=pods,
        parallelism=pods,
        backoff_limit_per_index=pod.backoff_limit,
        max_failed_indexes=may_fail,
        success_policy=success_policy,
        active_deadline_seconds=pod.timeout_seconds,
        pod_failure_policy=failure_policy(pod.name),
        template=pod_template(pod),
    )


def service_account(name: str, pod: JobPod, parent: pulumi.Resource) -> k8s.core.v1.ServiceAccount:
    """The identity of a job, to which the site gives its role; no token of the cluster's API."""
    return k8s.core.v1.ServiceAccount(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=pod.name, namespace=pod.context.namespace, labels=labels_of(pod.name, pod.context.labels)
        ),
        automount_service_account_token=False,
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
    )


def declare_job(
    name: str,
    pod: JobPod,
    spec: k8s.batch.v1.JobSpecArgs,
    *,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource] = (),
    awaited: bool = True,
) -> k8s.batch.v1.Job | None:
    """Declare the service account of a job's pods and the Job; None where jobs come by schedule alone.

    Args:
        name: of the component.
        pod: of the Job; other inputs of it are another Job.
        spec: of the Job.
        parent: the component.
        after: what must be there before, besides the account.
        awaited: whether the engine waits for the Job's end.
    """
    account = service_account(name, pod, parent)
    if pod.context.scheduled and awaited:
        return None
    annotations = {} if awaited else {SKIP_AWAIT: "true"}
    if name in pod.context.made_again:
        annotations[REPLACE_UNREADY] = "true"
    # An up that was ended while it waited is gone on with by an update, which waits as long.
    wait = f"{pod.timeout_seconds}s"
    return k8s.batch.v1.Job(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=job_name(pod.name, pod.inputs),
            namespace=pod.context.namespace,
            labels=labels_of(pod.name, pod.context.labels),
            annotations=annotations or None,
        ),
        spec=spec,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[account, *after],
            custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait) if awaited else None,
        ),
    )


def job_name(name: str, inputs: pulumi.Output[str]) -> pulumi.Output[str]:
    """A Job's name in the cluster: other inputs are another Job.

    A Job cannot be changed.
    """
    return named_by(inputs, name, digits=8)


def named_by(inputs: pulumi.Output[str], name: str, *, digits: int) -> pulumi.Output[str]:
    """The name with the first digits of the digest of a job's inputs."""
    return inputs.apply(lambda digest: f"{name}-{digest.removeprefix('sha256:')[:digits]}")


def known_after(job: k8s.batch.v1.Job | None, value: pulumi.Output[str]) -> pulumi.Output[str]:
    """The value, known once the job has ended well; at once where there is no Job to wait for.

    It depends on no resource: a job that is made again is deleted first, and would take with it whatever
    takes its value, up to the servers that answer.
    """
    if job is None:
        return value_alone(value)
    return value_alone(pulumi.Output.all(value, job.metadata.uid).apply(lambda known: str(known[0])))
