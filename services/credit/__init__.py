"""Credits: holds, captures and balances that always add up."""
