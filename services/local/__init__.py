"""The embedded stack: PostgreSQL, Valkey, a small language model and the four services, as child processes on one machine."""
