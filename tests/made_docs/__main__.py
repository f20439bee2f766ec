"""Writes the made parts of docs/ anew."""

from tests.made_docs import FAILURE_MODES, made

FAILURE_MODES.write_text(made(FAILURE_MODES.read_text()))
