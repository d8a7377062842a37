"""Scanners of other people over what the estate declares: each in an environment of its own, by uv."""
