"""The real controller of Argo Rollouts on this machine, for canaries in a rehearsal."""
