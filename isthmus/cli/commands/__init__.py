"""One command a file. A command imports what it needs inside its function, so that ``--help`` is quick."""
