"""What stops the embedded stack, in one sentence that a person can act on."""


class StackFailure(Exception):
    """The stack cannot start or go on. Its text is one sentence that says what is wrong and what to do."""
