"""Triton in a cluster as Pulumi components; nothing else in ``serving`` imports pulumi."""
