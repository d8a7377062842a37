"""Training without any cluster: the same transfer, workers and export, as processes of this machine."""
