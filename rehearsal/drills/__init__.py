"""Faults played in a rehearsal, in a sandbox. Each drill is a file with ``play``."""
