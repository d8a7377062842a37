"""Programs that a rehearsal runs and that no package of Python brings: fetched or built once per user."""
