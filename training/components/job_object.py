"""The Job of a component: what is the same for all jobs of this package, around the spec that differs."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s

from training.components.pod import JOB_ANNOTATIONS, JobPod, failure_policy, job_name, pod_template


def single_pod(pod: JobPod, *, backoff_limit: int, timeout_seconds: int) -> k8s.batch.v1.JobSpecArgs:
    """The spec of a Job of one pod, tried again up to ``backoff_limit`` times."""
    return k8s.batch.v1.JobSpecArgs(
        backoff_limit=backoff_limit,
        active_deadline_seconds=timeout_seconds,
        pod_failure_policy=failure_policy(pod.name),
        template=pod_template(pod),
    )


def job_object(
    name: str,
    *,
    pod: JobPod,
    namespace: pulumi.Input[str],
    inputs: pulumi.Output[str],
    spec: k8s.batch.v1.JobSpecArgs,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource],
    timeout_seconds: int | None,
) -> k8s.batch.v1.Job:
    """Declare the Job.

    Args:
        name: of the component.
        pod: of the Job.
        namespace: where it runs.
        inputs: digest of all that decides its result; another one is another Job.
        spec: of the Job.
        parent: the component.
        after: what must be there before.
        timeout_seconds: how long the engine waits for its end; None is not at all.
    """
    awaited = timeout_seconds is not None
    return k8s.batch.v1.Job(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(
            name=job_name(pod.name, inputs),
            namespace=namespace,
            labels=dict(pod.labels),
            annotations=JOB_ANNOTATIONS if awaited else {**JOB_ANNOTATIONS, "pulumi.com/skipAwait": "true"},
        ),
        spec=spec,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            custom_timeouts=pulumi.CustomTimeouts(create=f"{timeout_seconds}s") if awaited else None,
        ),
    )
