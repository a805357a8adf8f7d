"""Is the file of an open database still the one under its name? SQLite goes on writing into one that was deleted."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import URL

if TYPE_CHECKING:
    from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile:
    """A file as it was when it was looked at."""

    path: Path
    device: int
    inode: int

    @property
    def is_there(self) -> bool:
        """False where it was deleted, moved or replaced since."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # whatever keeps us from looking deletes nothing
            return True
        return (found.st_dev, found.st_ino) == (self.device, self.inode)


def database_file(store: "Store") -> DatabaseFile | None:
    """The store's file; None where it has none that can be looked at, as on PostgreSQL."""
    return file_of(sa.make_url(store.url))


def file_of(url: URL) -> DatabaseFile | None:
    """The file that `url` names; None where there is none yet, or none that can be looked at."""
    if url.get_backend_name() != "sqlite":
        return None
    path = Path(url.database or "").absolute()
    try:
        found = path.stat()
    except OSError:
        return None
    return DatabaseFile(path=path, device=found.st_dev, inode=found.st_ino)
