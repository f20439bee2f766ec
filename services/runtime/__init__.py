"""What every service runs on. It knows no domain."""
