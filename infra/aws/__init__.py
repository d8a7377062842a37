"""The public site: one component per file."""
