"""Drift: what stands otherwise than the stack's state says, sorted by what it means."""
