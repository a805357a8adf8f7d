"""Alarms about servers that handle fewer concurrent requests than configured."""

from collections.abc import Iterator

from evaluation.formatting import counted, percent
from evaluation.results.runs import Alarm
from evaluation.run_results.alarms.alarm import Findings

MOST = 0.5
"""Share of queued answers above which an alarm is raised: other users of the server may cause a few."""
LEAST_N = 8


def too_many_slots(findings: Findings, row_id: int) -> Iterator[Alarm]:
    """Yield an alarm where most answers waited for one another, by the queue times that the server reported."""
    slots = next(candidate.plan.slots for candidate in findings.run.candidates if candidate.run_candidate_id == row_id)
    if not slots or slots < 2:
        return
    queueing = findings.figures[row_id].queueing
    if queueing.n < max(LEAST_N, 2 * slots) or queueing.n_waited <= MOST * queueing.n:
        return
    # All in flight are waiting or served: their times are as their numbers (Little 1961, 10.1287/opre.9.3.383).
    n_served = max(1, round(slots * queueing.served_s / (queueing.served_s + queueing.waited_s)))
    label, share = findings.labels[row_id], queueing.n_waited / queueing.n
    message = (
        f"{label}: {queueing.n_waited:,} of {counted(queueing.n, 'answer')} ({percent(share)}) waited in the server's "
        "own queue for more than half of their latency: it served about "
        f"{counted(n_served, 'request')} at a time but was sent {slots}; latencies include the queue wait. "
        "`benchwright endpoints probe` measures how many it serves: give that as --slots, or raise its limit "
        "(OLLAMA_NUM_PARALLEL)"
    )
    yield Alarm(kind="too_many_slots", metric=None, candidate=label, share=share, n=queueing.n_waited, message=message)
