"""The channel between the two interpreters: frames over two pipes, with numbered requests and answers.

While a side waits for an answer it serves requests, so that a function that was passed to it can be called back.
Values that both sides hold are kept equal on both (`shared`).
"""

from __future__ import annotations

import os

from evaluation.sandbox.inside.errors import described, rebuilt
from evaluation.sandbox.inside.shared import GarbageError, Shared
from evaluation.sandbox.inside.values import MAX_BYTES, Decoder, Encoder, PlainOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from evaluation.sandbox.inside.values import Exchange

_MAX_FRAME = MAX_BYTES + 100_000
MAX_MESSAGES = 1_000_000
MAX_BYTES_OF_ALL = 2**30
"""Bytes of all messages of one side: far more than an honest program sends within its time limit."""


class GoneError(BaseException):
    """Raised when the other side is gone. Tests cannot catch it."""


class UnreadableError(BaseException):
    """Raised when the other side sends an invalid message. Tests cannot catch it."""


class NotCheckableError(BaseException):
    """Raised when a value to or from the other side is not plain data. Tests cannot catch it."""


class Channel:
    """A connection to the other interpreter."""

    def __init__(
        self, reads: int, writes: int, exchange: Exchange, perform: Callable[..., Any], *, shared: Shared
    ) -> None:
        self._reads, self._writes = reads, writes
        self._exchange, self._perform, self._shared = exchange, perform, shared
        self._last = 0
        self._n_read = self._n_bytes_read = 0
        self.error_classes: dict[str, type[BaseException]] = {}
        """Exception classes, besides the built-in ones, that answers may raise here."""
        self.setup_methods: frozenset[str] = frozenset()
        """Method names of the setup's classes, for which an object of the program must not answer instead."""
        self.trouble: BaseException | None = None
        """The last exception that tests cannot catch: a test that swallows it fails nevertheless."""

    def troubled(self, error: BaseException) -> BaseException:
        """Remember the error and return it."""
        self.trouble = error
        return error

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Return the other side's answer; raise what it raised.

        Raises:
            NotCheckableError: something cannot be sent.
            GoneError: there is no answer.
            UnreadableError: the answer is garbage.
        """
        self._last += 1
        number = self._last
        try:
            frame = self._encoded(True, number, operation, (args, kwargs))
        except Exception as error:
            raise self.troubled(NotCheckableError(f"the test hands over {error}")) from None
        self._send(frame)
        while True:
            message = self._read()
            if message.pop(0):
                self._serve(message)
            else:
                return self._settled(number, message)

    def serve(self) -> None:
        """Answer requests until the other side is gone."""
        while True:
            self.serve_once()

    def serve_once(self) -> None:
        """Answer one request."""
        message = self._read()
        if not message.pop(0):
            raise self.unreadable("an answer that nobody asked for")
        self._serve(message)

    def _settled(self, number: int, message: list[Any]) -> Any:
        answered, status, result = message
        if answered != number:
            raise self.unreadable("an answer to another question")
        if status == "value":
            return result
        if status == "raised":
            raise rebuilt(result, self.error_classes)
        raise self.troubled(NotCheckableError(str(result)))

    def _serve(self, message: list[Any]) -> None:
        number, operation, arguments = message
        # Whoever else refers to an argument now has kept it.
        message.clear()
        status, result = self._performed(operation, arguments)
        del arguments
        try:
            frame = self._encoded(False, number, status, result)
        except Exception as error:  # such as its attributes raise while it is looked at
            words = (False, number, "not carried", (), (), f"the answer is {error}")
            frame = Encoder(PlainOnly()).encoded(words)
        self._send(frame)

    def _performed(self, operation: Any, arguments: Any) -> tuple[str, Any]:
        try:
            args, kwargs = arguments
            return "value", self._perform(operation, *args, **kwargs)
        except (GoneError, UnreadableError):
            raise
        except BaseException as error:
            return "raised", described(error)

    def _encoded(self, asks: bool, number: int, word: str, held: Any) -> bytes:
        """Encode a message, with all values that changed or were dropped here since the last one.

        Raises:
            NotCarriedError: it cannot be sent; the state is as before the attempt.
        """
        shared = self._shared
        numbers_before, changed, lost = shared.numbers, *shared.settle()
        message = (asks, number, word, shared.rows(changed), lost, held)
        try:
            frame = Encoder(self._exchange, shared).encoded(message)
        except Exception:
            shared.forget(shared.numbers - numbers_before)
            shared.unsettle(changed)
            raise
        shared.settle()
        shared.forget(lost)
        return frame

    def _read(self) -> list[Any]:
        """Return the next message: whether it is a request, its number, its word and its contents."""
        try:
            message = Decoder(self._exchange, self._frame(), self._shared).decoded()
            if type(message) is not tuple or type(message[0]) is not bool or len(message) != 6:
                raise GarbageError("no message")
            asks, number, word, changes, lost, held = message
            self._shared.change(changes)
            self._shared.forget(lost)
        except (GoneError, MemoryError, RecursionError) as error:
            raise self.troubled(error) from None
        except (GarbageError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise self.unreadable(str(error)) from None
        self._shared.settle()
        return [asks, number, word, held]

    def _frame(self) -> bytes:
        """Return the next frame, within the limits on number and size."""
        frame = read_frame(self._reads)
        self._n_read += 1
        self._n_bytes_read += len(frame)
        if self._n_read > MAX_MESSAGES or self._n_bytes_read > MAX_BYTES_OF_ALL:
            raise GarbageError(f"more than {MAX_MESSAGES:,} messages or {MAX_BYTES_OF_ALL:,} bytes")
        return frame

    def _send(self, frame: bytes) -> None:
        try:
            write_frame(self._writes, frame)
        except GoneError as error:
            raise self.troubled(error) from None

    def unreadable(self, why: str) -> BaseException:
        """Remember and return the error for a malformed or out-of-turn message."""
        return self.troubled(UnreadableError(f"the program broke the line to the tests: {why}"))


def read_frame(reads: int) -> bytes:
    """Return the next frame of a pipe.

    Raises:
        GoneError: the pipe ended.
        GarbageError: it announces more than any frame may hold.
    """
    size = int.from_bytes(_read_exactly(reads, 4), "big")
    if size > _MAX_FRAME:
        raise GarbageError("a frame that is too large")
    return _read_exactly(reads, size)


def write_frame(writes: int, frame: bytes) -> None:
    """Send a frame.

    Raises:
        GoneError: the reader has closed the pipe.
    """
    data = memoryview(len(frame).to_bytes(4, "big") + frame)
    try:
        while data:
            data = data[os.write(writes, data) :]
    except OSError as error:
        raise GoneError("the line is cut") from error


def _read_exactly(reads: int, size: int) -> bytes:
    parts = []
    while size:
        try:
            part = os.read(reads, min(size, 1 << 20))
        except OSError as error:
            raise GoneError("the line is cut") from error
        if not part:
            raise GoneError("the line ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
