"""A real browser for what people look at; see ``python -m tests.browser --help``."""
