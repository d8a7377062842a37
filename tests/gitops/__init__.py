"""Workflows of GitHub and GitLab: judged, and played with a server, a forge and clouds of this machine."""
