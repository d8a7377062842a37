"""Real Kubernetes control planes on this machine, one a site: etcd, API server, controllers, scheduler."""
