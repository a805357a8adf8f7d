"""Access rights of a SQLite database's files, restricted to this user."""

from pathlib import Path

from evaluation.files.private_files import database_files, make_private
from evaluation.store.address import default_url, path_of


def make_database_private(path: str) -> None:
    """Leave a file and those beside it to this user alone, as far as they are this user's.

    The folder too, where it is ours; any other is the user's.
    """
    for beside in database_files(Path(path)):
        make_private(beside)
    if path == path_of(default_url()):
        make_private(Path(path).parent)
