"""One request to a child process that ends with its reply."""

from evaluation.user_code.child_process import ChildProcess, TooLateError
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.framing import TooLongMessageError, read_message, write_message


class NoReplyError(Exception):
    """The process did not start, ended early, took too long, or had too much to say; the message says what."""


def reply_of(module: str, request: bytes, *, most: int, limit_s: float, purpose: str, done: str) -> bytes:
    """Return the reply of a new process to a request.

    Args:
        module: Its `main` reads one request from its pipe and writes one reply.
        request: What it is asked.
        most: Bytes of a message between the two processes.
        limit_s: Seconds after which the process is ended.
        purpose: What it does, for messages: `draws`.
        done: What is then done: `drawn`.

    Raises:
        NoReplyError: there is none.
    """
    try:
        child = ChildProcess(module)
    except OSError as error:
        raise NoReplyError(f"the process that {purpose} cannot be started: {in_words(error)}") from None
    failure = ""
    try:
        return child.exchanged(
            lambda pipe: write_message(pipe, request, most=most),
            lambda pipe: read_message(pipe, most=most),
            limit_s,
        )
    except TooLateError:
        failure = f"not {done} within {limit_s:.0f} s"
    except TooLongMessageError as error:
        failure = str(error)
    except (EOFError, OSError):
        failure = f"the process that {purpose} ended"
    finally:
        how = child.end()
    raise NoReplyError(f"{failure} ({how})")
