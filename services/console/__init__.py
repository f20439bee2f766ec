"""The terminal: a chat client, and the operator's commands. It knows Parlour through gRPC alone."""
