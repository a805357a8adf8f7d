"""Which model servers is this process's work waiting for?"""

from collections.abc import Iterator

from evaluation.results.progress import ServerWait
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Station
from tasks.generation.residency import load_waits
from tasks.generation.server_trouble import find_trouble
from tasks.generation.workbench import find_workbench


def server_waits(invocation_id: str) -> tuple[ServerWait, ...]:
    """Return the servers that work on an invocation waits for in this process, the longest wait first.

    A server that is away is not waited for while another one answers the same cases. The server of a metric's model
    is the only one that can answer.
    """
    bench = find_workbench(invocation_id)
    works = () if bench is None else bench.works
    waits = {wait.endpoint: wait for work in works if not work.ended.is_set() for wait in _waits_of(work)}
    trouble = find_trouble(invocation_id)
    if trouble is not None and (wait := trouble.wait or load_waits.get(trouble.endpoint)) is not None:
        waits[trouble.endpoint] = wait
    return tuple(sorted(waits.values(), key=lambda wait: wait.since))


def _waits_of(work: GroupWork) -> Iterator[ServerWait]:
    stations = work.pool.stations
    if not stations:
        yield from (wait for name in work.group.endpoints if (wait := load_waits.get(name)) is not None)
        return
    waits = [_wait_for(station) for station in stations]
    if work.pool.n_open and None not in waits:
        yield from (wait for wait in waits if wait is not None)


def _wait_for(station: Station) -> ServerWait | None:
    since = station.watch.trouble_since
    if since is None:
        return None
    due = tuple(station.attempts_due)  # another thread may change the list
    return ServerWait(endpoint=station.name, since=since, next_attempt_at=min(due, default=None))
