"""The alerts, tried out by promtool: what sets each off, and what looks like it and does not. `make test-alerts`."""
