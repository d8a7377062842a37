"""The Jobs of the pipeline as Pulumi components; nothing else in ``training`` imports pulumi."""
