"""A release as the model repository that Triton loads."""
