"""Conversations: turns, messages, replies, personas, guild settings, and the only way to a language model."""
