"""The AWS site: one component per file."""
