"""A Python language host for engines that came without one: runs each program in a fresh interpreter."""
