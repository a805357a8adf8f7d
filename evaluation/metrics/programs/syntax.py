"""Python syntax check with Python's own parser, on a bounded text and without running it."""

import ast
import warnings

MAX_CHARS = 100_000


def syntax_problem(source: str) -> str | None:
    """Return the syntax error of a program, in one line; None where there is none."""
    error = _error(source)
    if isinstance(error, SyntaxError):
        place = f" (line {error.lineno})" if error.lineno else ""
        return f"{type(error).__name__}: {error.msg}{place}"
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deep for Python"
    return None if error is None else str(error)[:300]


def syntax_error_line(source: str) -> int | None:
    """Return the line, counted from 1, of a program's syntax error.

    1 where the parser gives no line; None for a valid program.
    """
    error = _error(source)
    return None if error is None else max(1, getattr(error, "lineno", None) or 1)


def is_python(source: str) -> bool:
    """Check whether a text is a Python program; an empty one counts."""
    return _error(source) is None


def _error(source: str) -> Exception | None:
    if len(source) > MAX_CHARS:
        return ValueError(f"{len(source)} characters, and no more than {MAX_CHARS} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape is no error
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error.with_traceback(None)
    return None
