"""Lines of an answer that arrives in pieces, split at line feed bytes only."""

from evaluation.errors import FailureKind, ProviderError

MAX_LINE_BYTES = 16 * 2**20


class LineSplitter:
    """Splits bytes into lines as they arrive. Keeps the beginning of a line until its end has come."""

    def __init__(self, *, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._parts: list[bytes] = []
        self._n_waiting = 0
        self._max = max_line_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete now, without line feeds and blank lines.

        Raises:
            ProviderError: a line is longer than allowed.
        """
        *ends, rest = data.split(b"\n")
        lines = []
        for end in ends:
            lines.append(b"".join((*self._parts, end)))
            self._parts.clear()
            self._n_waiting = 0
        self._parts.append(rest)
        self._n_waiting += len(rest)
        if self._n_waiting > self._max:
            raise ProviderError(
                f"the server sent a record of more than {self._max:,} bytes",
                FailureKind.UNREADABLE_ANSWER,
                "Check the server's response, for example with `curl`.",
            )
        return [line for line in lines if line.strip()]

    def rest(self) -> list[bytes]:
        """Return the last line if it had no line feed, once all bytes have come."""
        line = b"".join(self._parts)
        self._parts.clear()
        return [line] if line.strip() else []
