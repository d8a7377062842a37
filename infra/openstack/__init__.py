"""The OpenStack site: one component per file."""
