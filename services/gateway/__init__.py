"""The gateway: where messages come in, from Discord and over gRPC, and answers go out."""
