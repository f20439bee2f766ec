"""What a guild decides, how it is cached, how long it keeps messages."""
