"""Search for better settings: a study of trials that survives a kill, on days before those reported on."""
