"""``python -m training.jobs.validate_new``: ``training.jobs.validate``, of a candidate without a verdict yet.

For a schedule: a candidate that was judged, whichever way, is not judged again at each turn.
"""

from __future__ import annotations

import logging

from isthmus.object_store import aws_client
from training.job_runtime import Environment, run_job
from training.jobs import validate
from training.release import Store

logger = logging.getLogger(__name__)


def main(environment: Environment) -> int:
    """Validate what is new; returns the exit code."""
    store = Store(environment["RELEASES_BUCKET"], aws_client())
    name = environment["CANDIDATE"]
    candidate = store.candidate(name)
    if candidate is None:
        logger.info(f"there is no candidate {name} yet; nothing to do")
        return 0
    verdict = store.validation(candidate["digest"])
    if verdict is not None:
        how = "was refused" if verdict.get("refusals") else "passed"
        logger.info(f"{candidate['digest']} {how} before; nothing to do")
        return 0
    return validate.main(environment)


if __name__ == "__main__":
    run_job(main)
