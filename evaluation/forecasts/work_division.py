"""Shares of workers in the calls, such that all that take part finish together.

With rates r and starts s, the end T solves Σ r·(T − s) = n over those with s < T.
"""

import math
from collections.abc import Mapping


def shared_out(n_calls: int, *, starts_s: Mapping[str, float], calls_per_s: Mapping[str, float]) -> dict[str, int]:
    """Return the number of calls for each worker; a worker that is free too late gets none.

    Args:
        n_calls: All of them.
        starts_s: When each worker is free.
        calls_per_s: How fast each is, above 0.
    """
    taking_part: list[str] = []
    end_s = math.inf
    for name in sorted(starts_s, key=lambda name: starts_s[name]):
        if starts_s[name] >= end_s:
            break
        taking_part.append(name)
        waited = sum(calls_per_s[worker] * starts_s[worker] for worker in taking_part)
        end_s = (n_calls + waited) / sum(calls_per_s[worker] for worker in taking_part)
    return _whole({name: calls_per_s[name] * (end_s - starts_s[name]) for name in taking_part}, n_calls, starts_s)


def _whole(exact: Mapping[str, float], total: int, names: Mapping[str, float]) -> dict[str, int]:
    """Round to whole numbers that sum to `total`, by the largest remainders."""
    whole = {name: math.floor(exact.get(name, 0.0)) for name in names}
    by_remainder = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: total - sum(whole.values())]:
        whole[name] += 1
    return whole
