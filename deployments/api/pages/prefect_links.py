"""Links to the flow runs of a run on Prefect's own pages."""

import re
from collections.abc import Sequence

from deployments.api.listed_work import prefect_pages
from deployments.api.pages.sections import Link

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
MOST = 5


def prefect_links(flow_run_ids: Sequence[str]) -> tuple[Link, ...]:
    """Return links to the newest flow runs; none where no Prefect server is named.

    Args:
        flow_run_ids: Ids of the flow runs, the oldest first.
    """
    address = prefect_pages()
    if address is None:
        return ()
    ids = [each for each in flow_run_ids if _ID.fullmatch(each)][-MOST:]
    return tuple(Link(text=each[:8], address=f"{address}/runs/flow-run/{each}") for each in ids)
