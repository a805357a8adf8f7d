"""How do two interpreters ask each other? In frames over two pipes: a request, and an answer that bears its number.

While a side waits for an answer it serves requests, so that a function which was handed over can be called back.
Changeable arguments come back with the answer, and are changed in place where they were changed over there.
"""

from __future__ import annotations

import os

from evaluation.sandbox.inside.errors import described, rebuilt
from evaluation.sandbox.inside.values import (
    MAX_BYTES,
    Decoder,
    Encoder,
    GarbageError,
    NotCarriedError,
    PlainOnly,
    contents,
    replace,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from evaluation.sandbox.inside.values import Exchange

_MAX_FRAME = MAX_BYTES + 100_000


class GoneError(BaseException):
    """The other side is there no more. No test may catch it."""


class UnreadableError(BaseException):
    """The other side sent what is no message. No test may catch it."""


class NotCheckableError(BaseException):
    """What the other side answered, or would be asked, is no plain value. No test may catch it."""


class Line:
    """A connection to the other interpreter."""

    def __init__(self, reads: int, writes: int, exchange: Exchange, perform: Callable[..., Any]) -> None:
        self._reads, self._writes = reads, writes
        self._exchange, self._perform = exchange, perform
        self._last = 0
        self.error_classes: dict[str, type[BaseException]] = {}
        """Classes of exceptions, beside the built-in ones, that answers may raise here."""
        self.trouble: BaseException | None = None
        """The last thing that no test may catch: one that swallows it has failed all the same."""

    def troubled(self, error: BaseException) -> BaseException:
        """The error, remembered."""
        self.trouble = error
        return error

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """What the other side answers; raises what it raised.

        Raises:
            NotCheckableError: something cannot be carried.
            GoneError: there is no answer.
            UnreadableError: the answer is garbage.
        """
        self._last += 1
        number = self._last
        encoder = Encoder(self._exchange)
        try:
            frame = encoder.encoded((True, number, operation, args, kwargs))
        except NotCarriedError as error:
            raise self.troubled(NotCheckableError(f"the test hands over {error}")) from None
        self._send(frame)
        while True:
            kept = list(encoder.kept)
            asked, *message = self._read(kept)
            if asked:
                self._serve(message, kept)
            else:
                return self._settled(number, message)

    def serve(self) -> None:
        """Answers requests until the other side is gone."""
        while True:
            self.serve_once()

    def serve_once(self) -> None:
        """Answers one request."""
        kept: list[Any] = []
        asked, *message = self._read(kept)
        if not asked:
            raise self.troubled(UnreadableError("an answer that nobody asked for"))
        self._serve(message, kept)

    def _read(self, kept: list[Any]) -> list[Any]:
        """The next message; `kept` gets the changeable values in it."""
        try:
            frame = self._frame()
            decoder = Decoder(self._exchange, frame, () if frame[:6] == _REQUEST else kept)
            message = decoder.decoded()
            kept[:] = decoder.kept
            if type(message) is not tuple or type(message[0]) is not bool or len(message) != 5:
                raise GarbageError("no message")
        except GarbageError as error:
            raise self.troubled(UnreadableError(f"the program broke the line to the tests: {error}")) from None
        return list(message)

    def _frame(self) -> bytes:
        try:
            return read_frame(self._reads)
        except GoneError as error:
            raise self.troubled(error) from None

    def _send(self, frame: bytes) -> None:
        try:
            write_frame(self._writes, frame)
        except GoneError as error:
            raise self.troubled(error) from None

    def _settled(self, number: int, message: list[Any]) -> Any:
        answered, status, changed, result = message
        if answered != number:
            raise self.troubled(
                UnreadableError("the program broke the line to the tests: an answer to another question")
            )
        try:
            for value, row in changed:
                replace(value, row)
        except (ValueError, TypeError, IndexError) as error:
            raise self.troubled(UnreadableError(f"the program broke the line to the tests: {error}")) from None
        if status == "value":
            return result
        if status == "raised":
            raise rebuilt(result, self.error_classes)
        raise self.troubled(NotCheckableError(str(result)))

    def _serve(self, message: list[Any], kept: list[Any]) -> None:
        number, operation, args, kwargs = message
        before = [(value, contents(value)) for value in kept]
        try:
            status, result = "value", self._perform(operation, *args, **kwargs)
        except (GoneError, UnreadableError):
            raise
        except BaseException as error:
            status, result = "raised", described(error)
        changed = tuple((value, row) for value, was in before if _differs(was, row := contents(value)))
        self._send(self._answer((False, number, status, changed, result), kept))

    def _answer(self, message: tuple[Any, ...], kept: list[Any]) -> bytes:
        try:
            return Encoder(self._exchange, kept).encoded(message)
        except NotCarriedError as error:
            return Encoder(PlainOnly()).encoded((False, message[1], "not carried", (), f"the answer is {error}"))


_REQUEST = Encoder(PlainOnly()).encoded((True, 0, 0, 0, 0))[:6]


def _differs(was: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return len(was) != len(now) or not all(
        old is new or (type(old) is bytes and type(new) is bytes and old == new)
        for old, new in zip(was, now, strict=True)
    )


def read_frame(reads: int) -> bytes:
    """The next frame of a pipe.

    Raises:
        GoneError: the pipe ended.
        GarbageError: it announces more than any frame may hold.
    """
    size = int.from_bytes(_read_exactly(reads, 4), "big")
    if size > _MAX_FRAME:
        raise GarbageError("a frame that is too large")
    return _read_exactly(reads, size)


def write_frame(writes: int, frame: bytes) -> None:
    """Sends a frame.

    Raises:
        GoneError: nobody reads any more.
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
