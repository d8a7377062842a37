"""The real Pulumi engine on this machine: found, downloaded or built, and run for the CLI."""
