"""Access rights of a SQLite database's files, restricted to this user."""

from pathlib import Path

from evaluation.files.private_files import database_files, make_private
from evaluation.store.address import default_url, path_of


def make_database_private(path: str) -> None:
    """Restrict a database file and those beside it to this user, as far as they are this user's.

    The folder too, where it is the default one; any other folder is the user's own concern.
    """
    for beside in database_files(Path(path)):
        make_private(beside)
    if path == path_of(default_url()):
        make_private(Path(path).parent)
