"""Finding text, for memory and conversation: an embedding model, lexical terms, fusion of scores. It stores nothing."""
