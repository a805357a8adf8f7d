"""The caller of a command's work: a user at a terminal, or a program.

A program receives the messages instead of the terminal, and may end the work.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployments.prefect_server import PrefectServer
    from evaluation.results.progress import Progress

ServerOpener = Callable[[], "AbstractContextManager[PrefectServer]"]


class Caller:
    """A program that calls a command's work. Nothing is printed for it, and no signal is handled on its behalf."""

    def __init__(
        self,
        *,
        tell: Callable[[str], None] | None,
        progress: "Callable[[Progress], None] | None",
        open_server: ServerOpener,
    ) -> None:
        """Create a caller that has not ended the work.

        Args:
            tell: Called with what a command prints beside its result; None: not reported.
            progress: Called when the work has progressed; None: not reported.
            open_server: Opens the Prefect server of this caller's work.
        """
        self.progress, self.open_server = progress, open_server
        self.failure: BaseException | None = None
        """Exception that `progress` raised, which ended the work."""
        self._tell = tell
        self._lock = threading.Lock()
        self._is_interrupted = self._is_over = False
        self._cancel: Callable[[int], None] | None = None

    def tell(self, text: str) -> None:
        """Send the caller a message.

        Raises:
            KeyboardInterrupt: the caller has ended the work before its flow began.
        """
        self.check()
        if self._tell is not None:
            self._tell(text)

    def report(self, progress: "Progress") -> bool:
        """Report the progress to the caller; return whether the work continues."""
        assert self.progress is not None  # noqa: S101 - asked by whoever reports
        try:
            self.progress(progress)
        except BaseException as error:
            self.failure = error
            self.interrupt()
        return self.failure is None

    def check(self) -> None:
        """Check that the caller has not ended the work before its flow began.

        Raises:
            KeyboardInterrupt: the caller has ended it.
        """
        if self._is_interrupted and self._cancel is None and not self._is_over:
            raise KeyboardInterrupt

    def interrupt(self) -> None:
        """End the work: cancel its flow, or keep it from beginning."""
        with self._lock:
            is_first, self._is_interrupted = not self._is_interrupted, True
            if is_first and self._cancel is not None:
                self._cancel(signal.SIGINT)

    @contextmanager
    def cancelling(self, cancel: Callable[[int], None]) -> Iterator[None]:
        """Make `interrupt` call `cancel` until the block ends; after that there is no work left to end.

        Raises:
            KeyboardInterrupt: the caller has ended the work already.
        """
        with self._lock:
            self.check()
            self._cancel = cancel
        try:
            yield
        finally:
            with self._lock:
                self._cancel, self._is_over = None, True


_callers: list[Caller] = []
"""Calling programs, the innermost last; empty at a terminal."""


_of_thread = threading.local()
"""Thread-local `caller`: the program whose work this thread alone does, beside other work."""


def current_caller() -> Caller | None:
    """Return the calling program; None at a terminal."""
    own: Caller | None = getattr(_of_thread, "caller", None)
    return own or (_callers[-1] if _callers else None)


@contextmanager
def quietly(tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Print nothing of what this thread does in the block, which runs no flow; `tell` is called with its messages."""
    from deployments.prefect_server import prefect_server

    before = getattr(_of_thread, "caller", None)
    _of_thread.caller = Caller(tell=tell, progress=None, open_server=prefect_server)
    try:
        yield
    finally:
        _of_thread.caller = before


@contextmanager
def called_by(caller: Caller) -> Iterator[None]:
    """Run the work of the block on behalf of a program instead of a terminal."""
    _callers.append(caller)
    try:
        yield
    finally:
        _callers.remove(caller)


def request_source() -> str:
    """Return the name of the request's source for errors about a bad value."""
    return "the command line" if current_caller() is None else "the call"


def open_prefect_server(stack: ExitStack) -> "PrefectServer":
    """Return the Prefect server that the work needs; it is released when the stack is closed."""
    from deployments.prefect_server import prefect_server

    caller = current_caller()
    return stack.enter_context(prefect_server() if caller is None else caller.open_server())
