"""A search every few seconds for flow runs whose process is gone, for as long as `benchwright serve` runs."""

import threading
from collections.abc import Callable, Iterable

LOOKS_EVERY_S = 5.0
ENDS_WITHIN_S = 5.0


class Reconciler:
    """A thread of its own: while it waits for a busy Prefect or database, what `serve` runs is looked after."""

    def __init__(
        self, take_up: Callable[[], Iterable[str]], tell: Callable[[str], None], *, every_s: float = LOOKS_EVERY_S
    ) -> None:
        """Prepare to look; nothing is looked for yet.

        Args:
            take_up: Takes care of flow runs whose process is gone; returns a sentence about each.
            tell: Says such a sentence to whoever started us. What is still true at the next look is not repeated.
            every_s: The pause between two looks.
        """
        self._take_up, self._tell, self._every_s = take_up, tell, every_s
        self._told: frozenset[str] = frozenset()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="reconciler")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more. A look that has begun may go on for some seconds; the store's claims keep it harmless."""
        self._closing.set()
        self._thread.join(ENDS_WITHIN_S)

    def look(self) -> None:
        """Take care of what died since the last look."""
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
