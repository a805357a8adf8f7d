"""Where is the database, may this version use it, and how is it read and written?"""

from pathlib import Path
from types import TracebackType
from evaluation.store.records import DatabaseInfo


def default_url() -> str:
    """The database in the user's data folder, as a URL."""
    raise NotImplementedError


def open_store(url: str | None = None, *, upgrade_from_empty: bool = True, busy_timeout_s: float = 30.0) -> "Store":
    """The store at `url` (None: `default_url()`), ready for use; used as a context manager or closed by the caller.

    Args:
        url: A path, `sqlite:///path` or `postgresql://user:password@host/name`.
        upgrade_from_empty: Make the folder and the schema where there is none yet.
        busy_timeout_s: How long a writer waits for another process on SQLite.

    Raises:
        StoreError: it cannot be opened, or its schema is older or newer than this code's.
        ConfigurationError: the URL is no database's.
    """
    raise NotImplementedError


def upgrade(url: str | None = None) -> DatabaseInfo:
    """The database after its schema was brought to this version's."""
    raise NotImplementedError


def info(url: str | None = None) -> DatabaseInfo:
    """What the database holds. Works on an older or newer schema too."""
    raise NotImplementedError


def backup(url: str | None, target_path: Path) -> int:
    """Size in bytes of the copy made at `target_path`, consistent even while runs are written.

    Raises:
        StoreError: PostgreSQL (names the `pg_dump` command), or `target_path` exists or cannot be written.
    """
    raise NotImplementedError


class Store:
    """An open results database. Safe to use from several threads; not to be pickled: pass its URL."""

    dialect: str
    shown_url: str
    """Without its password."""

    def close(self) -> None: ...
    def __enter__(self) -> "Store": ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
