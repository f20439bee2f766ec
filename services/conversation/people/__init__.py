"""Sessions, names and relationships."""
