"""Error type, message and line of an exception in user code, made safe to display and store."""

from traceback import walk_tb

_LONGEST = 500


def in_words(error: BaseException) -> str:
    """Return the type and message of an error, in one line of at most 500 characters."""
    try:
        message = " ".join(str(error).split())
    except Exception:  # its `__str__` is broken too
        message = ""
    message = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def place_in(error: BaseException, file: str) -> int | None:
    """Return the line of `file` that was executing last when the error was raised; None where none was."""
    lines = [line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None
