"""Budgets: what passes one, what makes it, and what would do the same for less."""
