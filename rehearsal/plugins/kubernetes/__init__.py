"""The rehearsal's Kubernetes: objects checked by the API's schema, and an agent that runs their pods."""
