"""What a change does: what differs between two previews, what of it is replaced, lost or down, and why."""
