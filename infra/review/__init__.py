"""The review: what a change does and costs, read from a preview, with no credentials."""
