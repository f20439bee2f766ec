"""Every panel of the dashboards, asked of a real Prometheus while people talk to a real stack. `make test-dashboards`."""
