"""Bad releases, each taken back by Argo Rollouts itself while callers ask, and a good one promoted."""
