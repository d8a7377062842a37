"""What every part of isthmus shares: how it says that something is wrong."""
