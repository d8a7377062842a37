"""What both clusters hold before anything runs in them."""
