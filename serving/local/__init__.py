"""A release served on this machine."""
