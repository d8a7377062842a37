"""The keys of the link's tunnels outside of an up: made in both secret stores, and renewed."""
