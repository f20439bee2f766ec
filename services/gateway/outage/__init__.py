"""The outage allowance: what this gateway may still answer while credit cannot be reached, and how that is settled afterwards (docs/outage.md)."""
