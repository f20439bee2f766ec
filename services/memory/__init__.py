"""Remembers facts about people and servers, finds them again by meaning and by words, and forgets them on request."""
