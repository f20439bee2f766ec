"""Training the model that judges whether a message is meant for the assistant."""
