"""``TuningJob``: a search for better settings in AWS, one pod per index, trials beside each other."""

from __future__ import annotations

import pulumi

from training.components.context import JobContext
from training.components.job import declare_job, indexed_pods
from training.components.pod import JobPod, inputs_digest

NAME = "tune"
MODULE = "training.jobs.tune"


class TuningJob(pulumi.ComponentResource):
    """An Indexed Job on spot capacity. The engine does not wait for it: nothing in the estate needs its end.

    Its state is in the releases bucket, so a Job that was deleted, or that other code has replaced, goes on
    with the study it finds there as long as orders, ranges and what a trial depends on are the same.
    """

    best: pulumi.Output[str]
    """Where the best settings are, once there are some."""

    def __init__(
        self,
        name: str,
        context: JobContext,
        *,
        tuning: pulumi.Input[str],
        parallel: int,
        arrivals: pulumi.Input[str] = "",
        gpus: int = 0,
        pool: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the job.

        Args:
            name: of the component.
            context: of the pipeline in the EKS cluster.
            tuning: JSON of the section ``training.tuning``.
            parallel: indices, and so trials at a time.
            arrivals: ``TransferJob.ready``: what the orders are.
            gpus: GPUs of each pod; 0 for the CPU.
            pool: node pool to run on; None is anywhere.
            opts: with the EKS cluster's Kubernetes provider.
        """
        super().__init__("isthmus:training:TuningJob", name, None, opts)
        if parallel < 1:
            raise ValueError(f"{name}: {parallel} trials at a time; at least 1 is needed")
        studies = pulumi.Output.concat("s3://", context.releases_bucket, "/tuning")
        pod = JobPod(
            name=NAME,
            module=MODULE,
            context=context,
            env={
                "ARRIVALS_BUCKET": context.arrivals_bucket,
                "TUNING_URL": studies,
                "TRAINING_SETTINGS": context.settings,
                "TUNING_SETTINGS": tuning,
            },
            inputs=inputs_digest(
                MODULE,
                context.image,
                context.arrivals_bucket,
                context.releases_bucket,
                context.settings,
                tuning,
                str(parallel),
                arrivals,
            ),
            gpus=gpus,
            pool=pool,
            backoff_limit=6,
            timeout_seconds=7 * 24 * 3600,
        )
        # An index that fails for good leaves its trials to the others.
        spec = indexed_pods(pod, pods=parallel, may_fail=parallel - 1)
        declare_job(name, pod, spec, parent=self, awaited=False)
        self.best = pulumi.Output.concat(studies, "/tuned.yaml")
        self.register_outputs({"best": self.best})
