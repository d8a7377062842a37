"""What is asked of Prometheus about serving: alerts and a dashboard, as data; nothing here imports pulumi."""
