"""``isthmus trigger``: what a CronJob of the rehearsal would do, now."""

from __future__ import annotations

from typing import Annotated

import typer


def trigger(
    name: Annotated[str, typer.Argument(help="Of a CronJob, such as retrain.")],
) -> None:
    """Start a CronJob's Job at once, as `kubectl create job --from=cronjob/NAME` does in a cloud.

    Example:  isthmus trigger retrain && isthmus logs retrain --follow
    """
    from isthmus.cli.console import out
    from isthmus.cli.errors import CommandError
    from rehearsal.cluster import agent
    from rehearsal.cluster.cron_job import fire
    from rehearsal.cluster.of_home import clusters
    from rehearsal.home import Home

    home = Home.find()
    cron_jobs = [(cluster, cron_job) for cluster in clusters(home) for cron_job in cluster.list("CronJob")]
    chosen = [(cluster, cron_job) for cluster, cron_job in cron_jobs if cron_job["metadata"]["name"] == name]
    if not chosen:
        names = ", ".join(sorted(cron_job["metadata"]["name"] for _, cron_job in cron_jobs))
        known = f"there are: {names}" if names else "training.retrain.enabled makes some"
        raise CommandError(f"no CronJob is named {name!r}; {known}")
    for cluster, cron_job in chosen:
        job = fire(cluster, cron_job)
        out.print(f"{cluster.name}: Job {job['metadata']['namespace']}/{job['metadata']['name']} is made")
    agent.ensure(home)
