"""Whether a release still fits the orders that come in, and whether that is reason to train anew."""
