"""The link with real programs: strongSwan, FRR, keepalived and nftables in network namespaces."""
