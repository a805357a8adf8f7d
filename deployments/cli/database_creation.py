"""Opening the results database of a command, with a note when it is created at a location that the user named.

The note keeps a typo from silently starting an empty store.
"""

from typing import TYPE_CHECKING

from deployments.cli.terminal.output import print_status

if TYPE_CHECKING:
    from evaluation.store.session import Store


def open_or_make(url: str | None, *, typed: str | None = None, may_be_new: bool = True) -> "Store":
    """Open the store at `url`; a database that is created at a named place is reported.

    Args:
        url: The requested database; None: the default one, which is created silently.
        typed: Value of `--db`; the folder of that file has to exist.
        may_be_new: Create it where there is none yet.

    Raises:
        StoreError: it cannot be opened, does not exist, or has no folder.
    """
    from evaluation.store.session import folder_must_be_there, is_file_missing, open_store

    if typed is not None and may_be_new:
        folder_must_be_there(typed)
    is_new = may_be_new and url is not None and is_file_missing(url)
    store = open_store(url, upgrade_from_empty=may_be_new)
    if is_new:
        print_status(f"note: created a new results database at {store.shown_url}")
    return store
