"""The private site: one component per file."""
