"""What an operator does on a bad day, done for real and checked. `make rehearse-restore`."""
