"""The second, small program: what must stand in an account before the estate's first up."""
