"""Every setting on a standing estate: changed, settled, changed back, with and without faults on the way."""
