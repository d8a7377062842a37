"""What a preview costs: by the hour and the month, on both sites, each line with its price's source."""
