"""The order log of the shop: by-day files in, typed and cleaned orders out."""
