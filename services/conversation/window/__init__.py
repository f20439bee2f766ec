"""What a model is shown: parts, shares, tokens."""
