"""Writes the made parts of docs/ anew."""

from tests.made_docs import DOCUMENTS, made

for document in DOCUMENTS:
    document.write_text(made(document.read_text()))
