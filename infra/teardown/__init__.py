"""The end of an estate, in the order in which its clouds let go of it."""
