"""What is trained offline and shipped as plain numbers."""
