"""From a trained model to files that load anywhere, the same bytes for the same weights."""
