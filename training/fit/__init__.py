"""Training proper: workers, steps, checkpoints, and noticing that a worker is gone."""
