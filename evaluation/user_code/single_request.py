"""One request to a child process that ends with its reply."""

from typing import Self

from evaluation.user_code.child_process import ChildProcess, TooLateError
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.framing import TooLongMessageError, read_message, write_message


class NoReplyError(Exception):
    """The process did not start, ended early, took too long, or had too much to say; the message says what."""


class SingleReply:
    """A process that is started before its one request is known, and ended where none is made."""

    def __init__(self, module: str, *, most: int, purpose: str, done: str) -> None:
        """Start it. One that cannot be started has no reply.

        Args:
            module: Its `main` reads one request from its pipe and writes one reply.
            most: Bytes of a message between the two processes.
            purpose: What it does, for messages: `draws`.
            done: What is then done: `drawn`.
        """
        self._most, self._purpose, self._done = most, purpose, done
        self._child: ChildProcess | None = None
        self._failure = ""
        try:
            self._child = ChildProcess(module)
        except OSError as error:
            self._failure = f"the process that {purpose} cannot be started: {in_words(error)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.end()

    def to(self, request: bytes, *, limit_s: float) -> bytes:
        """Return the reply to the request, after which the process is ended.

        Args:
            request: What it is asked.
            limit_s: Seconds after which the process is ended.

        Raises:
            NoReplyError: there is none.
        """
        child, self._child = self._child, None
        if child is None:
            raise NoReplyError(self._failure or f"the process that {self._purpose} has given its reply")
        try:
            return child.exchanged(
                lambda pipe: write_message(pipe, request, most=self._most),
                lambda pipe: read_message(pipe, most=self._most),
                limit_s,
            )
        except TooLateError:
            failure = f"not {self._done} within {limit_s:.0f} s"
        except TooLongMessageError as error:
            failure = str(error)
        except (EOFError, OSError):
            failure = f"the process that {self._purpose} ended"
        finally:
            how = child.end()
        raise NoReplyError(f"{failure} ({how})")
