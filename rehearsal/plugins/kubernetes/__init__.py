"""The Kubernetes plugin: what pulumi-kubernetes asks of an API server, and nothing of its own.

Whether an object is right, what a change may touch and who owns a field, the API server says; whether it is
ready, its status. What is decided here is what pulumi-kubernetes 4.32 decides, by its own sources.
"""
