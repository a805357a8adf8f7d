"""Messages that are logged once for as long as they stay true, however often the condition is checked."""

from collections.abc import Callable


class LogOnce:
    """What a person is told by one claim."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._said: set[str] = set()

    def now(self, sentence: str) -> None:
        """Say it."""
        self._say(sentence)

    def once(self, matter: str, sentence: str) -> None:
        """Say it, unless something was said on this matter since it was last over."""
        if matter not in self._said:
            self._said.add(matter)
            self._say(sentence)

    def over(self, matter: str) -> None:
        """Let the matter be mentioned again."""
        self._said.discard(matter)
