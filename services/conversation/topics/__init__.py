"""The index of messages, the topics that they belong to, and what is left of them in few words."""
