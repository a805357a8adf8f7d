"""The function that has a judge grade calls in production, for Python and notebooks."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from deployments.python.calling import call, result_of
from deployments.python.checking import plainly

if TYPE_CHECKING:
    from evaluation.results.traffic_grading import TrafficGradingResult


@plainly
def grade_traffic(
    *,
    judge: str,
    criteria: str = "",
    sample: int = 50,
    days: int = 1,
    today: bool = False,
    tasks: Sequence[str] = (),
    policies: Sequence[str] = (),
    seed: int = 0,
    endpoints: Sequence[str] = (),
    embedded: bool = False,
    slots: int | None = None,
    allow_remote: bool = False,
    tell: Callable[[str], None] | None = None,
    db: str | None = None,
) -> "TrafficGradingResult":
    """Have a judge grade a sample of the calls in production whose texts are stored, each call once.

    Args:
        judge: Model that grades: `MODEL` or `MODEL@ENDPOINT`.
        criteria: What a good answer is, in words; empty: general criteria.
        sample: Calls of each day, shared evenly by tasks, policies and candidates.
        days: Whole days (UTC) before today whose calls are graded.
        today: Grade calls of today too.
        tasks: Calls of these tasks alone; empty: all.
        policies: Calls that these policies answered; empty: all calls.
        seed: Determines which calls are drawn.
        endpoints: Names or addresses of servers; empty: the usual one.
        embedded: Use the embedded server too.
        slots: Concurrent requests per server.
        allow_remote: Allow a judge that runs on somebody else's machine.
        tell: Called with what the command prints beside its result.
        db: Results database: a path or a URL.

    Raises:
        ConfigurationError: an invalid value, or no server has the judge.
        RunFailedError: the grading failed or was cancelled.
        KeyboardInterrupt: Ctrl-C, or the notebook's interrupt.
    """
    fields = {
        "judge": judge,
        "criteria": criteria,
        "sample": sample,
        "days": days,
        "today": today,
        "tasks": list(tasks),
        "policies": list(policies),
        "seed": seed,
        "endpoints": list(endpoints),
        "embedded": embedded,
        "slots": slots,
        "allow_remote": allow_remote,
    }
    return call(partial(_grade, fields, db), tell=tell)


def _grade(fields: Mapping[str, Any], db: str | None) -> "TrafficGradingResult":
    from deployments.cli.long_commands import workplace
    from deployments.cli.traffic.grading import grade_once
    from evaluation.requests.grading_request import read_grading_request

    request = read_grading_request(fields)
    with workplace(db, may_be_new=False) as (store, stack):
        ended = grade_once(request, store, stack)
    return result_of(ended, "the grading failed", "Run it again: what is stored is not asked for again.")
