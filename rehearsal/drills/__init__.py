"""Faults played in a rehearsal, on ground of their own. Each drill is a file with ``play``."""
