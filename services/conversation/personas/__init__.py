"""How the assistant speaks, whose wish that is, and why."""
