"""The processes of the jobs: ``python -m training.jobs.transfer``, ``.train`` and ``.validate``."""
