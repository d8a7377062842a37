"""The real Prometheus on this machine, for the queries of alerts and dashboards."""
