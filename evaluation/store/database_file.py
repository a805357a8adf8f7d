"""Is the file of an open SQLite database still the one that was opened?

An open connection goes on writing into a file that was deleted, and a new connection makes an empty one in its place:
neither tells anybody.
"""

from pathlib import Path


class DatabaseFile:
    """Identity of the file at a path, noted as soon as there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = self._identify()

    def note(self) -> None:
        """Note the file's identity where none is noted yet."""
        if self._identity is None:
            self._identity = self._identify()

    def is_unchanged(self) -> bool:
        """Return whether the file noted first is still at its path; True while none is noted."""
        return self._identity is None or self._identify() == self._identity

    def _identify(self) -> tuple[int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_dev, stat.st_ino
