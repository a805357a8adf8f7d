"""The process in which documents are read: a file of somebody else may keep a library busy for ever, or fill memory.

The process is started with the first document that is more than plain text, and ended with `close`.
"""

import json
import threading
from typing import IO, Any

from evaluation.files.bounded_reading import MIB
from evaluation.formatting import counted
from evaluation.retrieval.document_process_child import MAYBE_OUT_OF_MEMORY, OUT_OF_MEMORY
from evaluation.retrieval.left_out import WhyLeftOut
from evaluation.retrieval.readers import MOST_CHARACTERS
from evaluation.retrieval.unreadable_document import Text, UnreadableDocumentError
from evaluation.settings import Settings
from evaluation.user_code.child_process import GIVEN_UP_AFTER, ChildProcess, TooLateError
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.framing import read_message, write_message

TIMEOUT_VARIABLE = "BENCHWRIGHT_DOCUMENT_TIMEOUT_S"
MEMORY_VARIABLE = "BENCHWRIGHT_DOCUMENT_MEMORY_MIB"
_CHILD = "evaluation.retrieval.document_process_child"
_LARGEST_TEXT = 4 * MOST_CHARACTERS
_LARGEST_HEADER = 64 * MIB


class ReadingEndedError(Exception):
    """The process was closed while a document was being read."""


class DocumentProcess:
    """Reads documents in a process of its own, one at a time. May be closed from any thread."""

    def __init__(self) -> None:
        """Start nothing yet; the limits are those of the settings."""
        settings = Settings()
        self._limit_s, self._memory_mib = settings.document_timeout_s, settings.document_memory_mib
        self._changing = threading.Lock()
        self._child: ChildProcess | None = None
        self._is_closed = False
        self._n_stopped = 0

    def __enter__(self) -> "DocumentProcess":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
        self._end()

    def close(self) -> None:
        """Stop the document that is being read: its reader gets a `ReadingEndedError`, and so do all later ones."""
        with self._changing:
            self._is_closed = True
            if self._child is not None:
                self._child.kill()

    def text_of(self, kind: str, content: bytes) -> Text:
        """Return the text of a document.

        Args:
            kind: The ending of its name, a key of `READERS`.
            content: Its bytes.

        Raises:
            UnreadableDocumentError: it cannot be read, or not within the limits of time and memory.
            ReadingEndedError: the process was closed.
        """
        if self._n_stopped >= GIVEN_UP_AFTER:
            raise UnreadableDocumentError(
                f"not tried after {counted(self._n_stopped, 'document')} that took too long", WhyLeftOut.TOO_SLOW
            )
        child = self._started()
        request = {"kind": kind, "limit_s": self._limit_s, "memory_bytes": self._memory_mib * MIB}
        try:
            header, text = child.exchanged(lambda pipe: _send(pipe, request, content), _received, self._limit_s)
        except Exception as error:
            raise self._lost(error) from None
        except BaseException:  # a Ctrl-C: a reply that comes later would be taken for another document's
            self._end()
            raise
        if (starts := header.get("page_starts")) is not None:
            return text, tuple(int(start) for start in starts)
        if header.get("why") in (OUT_OF_MEMORY, MAYBE_OUT_OF_MEMORY):
            self._end()  # what is left of its memory may not do for the next one
            raise self._too_large(is_certain=header.get("why") == OUT_OF_MEMORY)
        raise UnreadableDocumentError(str(header.get("reason")), WhyLeftOut(str(header.get("why"))))

    def _started(self) -> ChildProcess:
        with self._changing:
            if self._is_closed:
                raise ReadingEndedError
            if self._child is None:
                try:
                    self._child = ChildProcess(_CHILD)
                except OSError as error:
                    reason = f"the process to read it cannot be started: {in_words(error)}"
                    raise UnreadableDocumentError(reason, WhyLeftOut.UNREADABLE) from None
            return self._child

    def _lost(self, error: Exception) -> Exception:
        """Return why there was no reply."""
        how = self._end()
        if self._is_closed:
            return ReadingEndedError()
        if isinstance(error, TooLateError):
            self._n_stopped += 1
            reason = f"not read within {self._limit_s:g} s, {TIMEOUT_VARIABLE}"
            return UnreadableDocumentError(reason, WhyLeftOut.TOO_SLOW)
        if isinstance(error, EOFError | BrokenPipeError):
            return UnreadableDocumentError(f"damaged: its reader exited ({how})")
        return UnreadableDocumentError(f"damaged: its reader sent what cannot be read: {in_words(error)}")

    def _too_large(self, *, is_certain: bool) -> UnreadableDocumentError:
        other = "" if is_certain else "damaged, or "
        reason = f"{other}takes more than {self._memory_mib:,} MiB of memory, {MEMORY_VARIABLE}"
        return UnreadableDocumentError(reason, WhyLeftOut.TOO_LARGE)

    def _end(self) -> str:
        with self._changing:
            child, self._child = self._child, None
        return "" if child is None else child.end()


def _send(pipe: IO[bytes], header: dict[str, Any], content: bytes) -> None:
    write_message(pipe, json.dumps(header).encode(), most=_LARGEST_HEADER)
    write_message(pipe, content, most=len(content))


def _received(pipe: IO[bytes]) -> tuple[dict[str, Any], str]:
    header = json.loads(read_message(pipe, most=_LARGEST_HEADER))
    if not isinstance(header, dict):
        raise ValueError("its first part is no object")
    return header, read_message(pipe, most=_LARGEST_TEXT).decode("utf-8", "surrogatepass")
