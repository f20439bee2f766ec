"""What stops the embedded stack, in one sentence that a person can act on."""


class StackFailure(Exception):  # noqa: N818 - it is a sentence for a person, not a fault of the program
    """The stack cannot start or go on. Its text is one sentence that says what is wrong and what to do."""
