"""The rehearsal's Kubernetes: objects checked against the API schema, and a node agent that runs their pods."""
