"""The only way to a language model: the models file, the gate, streaming, failures, pictures, reasoning."""
