"""What is measured of the outage allowance."""

from prometheus_client import Counter, Gauge

taken = Counter("parlour_gateway_outage_turns_total", "Turns taken on the lease")
refused = Counter("parlour_gateway_outage_refused_total", "Turns not taken on the lease while credit was away", ["reason"])
outages = Counter("parlour_gateway_outages_total", "Outages of credit that people's turns met")
active = Gauge("parlour_gateway_outage_active", "1 while no hold has been answered since one failed")
lease_left = Gauge("parlour_gateway_outage_lease_remaining_microcredits", "Of the lease, what is neither spent nor set aside")
journal_bytes = Gauge("parlour_gateway_outage_journal_bytes", "Size of the outage journal")
journal_failed = Counter("parlour_gateway_outage_journal_failures_total", "Records that could not be written")
unsettled = Gauge("parlour_gateway_outage_turns_unsettled", "Turns in the outage journal that are not settled")
settled = Counter("parlour_gateway_outage_settled_total", "Turns settled, by who paid; nobody: they cost nothing", ["payer"])
settled_microcredits = Counter("parlour_gateway_outage_settled_microcredits_total", "What settled turns cost, by who paid", ["payer"])
unknown_usage = Counter("parlour_gateway_outage_settled_without_usage_total", "Turns settled of which nobody knew what they used")
corrupt_lines = Counter("parlour_gateway_outage_corrupt_lines_total", "Journal lines set aside, or written anew", ["cause"])
failed_calls = Counter("parlour_gateway_outage_calls_failed_total", "Calls about the lease that credit did not answer or refused", ["call"])
