"""A search every few seconds for flow runs whose process is gone, for as long as `benchwright serve` runs."""

import threading
from collections.abc import Callable, Iterable

LOOKS_EVERY_S = 5.0
ENDS_WITHIN_S = 5.0


class Reconciler:
    """Reconciliation in a thread of its own, so that a wait for Prefect or the database does not hold up `serve`."""

    def __init__(
        self, take_up: Callable[[], Iterable[str]], tell: Callable[[str], None], *, every_s: float = LOOKS_EVERY_S
    ) -> None:
        """Prepare the thread without starting it.

        Args:
            take_up: Takes care of flow runs whose process is gone; returns a sentence about each.
            tell: Called with such a sentence. One that is still true at the next pass is not repeated.
            every_s: Pause between two passes, in seconds.
        """
        self._take_up, self._tell, self._every_s = take_up, tell, every_s
        self._told: frozenset[str] = frozenset()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="reconciler")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop. A pass that has begun may continue for some seconds; the store's claims keep it harmless."""
        self._closing.set()
        self._thread.join(ENDS_WITHIN_S)

    def look(self) -> None:
        """Take care of flow runs that died since the last pass."""
        try:
            sentences = tuple(self._take_up())
        except Exception as error:  # the next look comes soon, and `serve` must outlive a bad one
            sentences = (f"flow runs whose process is gone will be handled later: {type(error).__name__}: {error}",)
        for sentence in sentences:
            if sentence not in self._told and not self._closing.is_set():
                self._tell(f"note: {sentence}")
        self._told = frozenset(sentences)

    def _run(self) -> None:
        while not self._closing.wait(self._every_s):
            self.look()
