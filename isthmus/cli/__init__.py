"""The command ``isthmus``: one file for each command, in ``isthmus.cli.commands``."""
