"""Opting out, taking along, taking back, erasing."""
