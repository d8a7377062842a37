"""The command ``isthmus``: one file for each command, in ``cli.commands``."""
