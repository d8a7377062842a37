"""From raw orders in the private site to pseudonymous, checksummed batches in the arrivals bucket."""
