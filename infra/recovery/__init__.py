"""What an engine that was killed left open: looked up in the clouds, and brought to an end."""
