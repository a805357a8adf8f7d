"""Messages that are logged once for as long as they stay true, however often the condition is checked."""

from collections.abc import Callable


class LogOnce:
    """Messages of one claim for the user."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: set[str] = set()

    def now(self, sentence: str) -> None:
        """Log a message."""
        self._say(sentence)

    def once(self, matter: str, sentence: str) -> None:
        """Log a message, unless one on this matter was logged since it was last over."""
        if matter not in self._said:
            self._said.add(matter)
            self._say(sentence)

    def over(self, matter: str) -> None:
        """Allow messages on the matter again."""
        self._said.discard(matter)
