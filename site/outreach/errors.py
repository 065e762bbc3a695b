"""What the user can put right: every such failure is one message and exit code 1, never a traceback."""


class OutreachError(Exception):
    """A failure whose message says what was expected, what was found, where, and what to do."""


def explained(error: OutreachError | OSError) -> str:
    """Return what to show of an error: its message, or what the operating system refused, and where."""
    if isinstance(error, OutreachError) or error.strerror is None:
        return str(error)
    where = f"{error.filename}: " if error.filename else ""
    found = f"expected to read and write here, found: {error.strerror}"
    return f"{where}{found}; check the path, permissions and disk"
