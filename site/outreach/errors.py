"""What the user can put right: every such failure is one message and exit code 1, never a traceback."""


class OutreachError(Exception):
    """A failure whose message says what was expected, what was found, where, and what to do."""
