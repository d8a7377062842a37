"""What is done around a training: settings searched, runs recorded, drift looked for."""
