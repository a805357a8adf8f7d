"""Taking up flow runs whose process is gone, for servers that run as long as somebody wants results."""


def take_up(database: str | None, *, workers_live: bool = True) -> tuple[str, ...]:
    """Take care of flow runs whose process is gone, or will be, and return a sentence about each.

    Args:
        database: URL of the results; None: the one in the data folder.
        workers_live: Whether a live worker may still report on them.
    """
    import asyncio

    from evaluation.store.session import open_store
    from tasks.reconciling import reconcile

    with open_store(database, upgrade_from_empty=False) as store:  # one that was deleted is not made again
        return asyncio.run(reconcile(store, waits=False, workers_live=workers_live, tells_of_waiting=True))
