"""Which cases does a benchmark version hold, by hash? For whoever must say in what two versions differ."""

import sqlalchemy as sa

from evaluation.store.session import Store
from evaluation.store.tables import benchmark_case

_PAGE = 20_000


def case_hashes(store: Store, version: str) -> dict[str, str]:
    """Return the hash of each case's content by its id, in the order of the file; no text is read."""
    columns = (benchmark_case.c.position, benchmark_case.c.case_id, benchmark_case.c.content_hash)
    page = sa.select(*columns).where(benchmark_case.c.version == version)
    page = page.order_by(benchmark_case.c.position).limit(_PAGE)
    hashes: dict[str, str] = {}
    last = -1
    while True:
        with store.read() as connection:
            rows = connection.execute(page.where(benchmark_case.c.position > last)).all()
        hashes.update((row.case_id, row.content_hash) for row in rows)
        if len(rows) < _PAGE:
            return hashes
        last = rows[-1].position
