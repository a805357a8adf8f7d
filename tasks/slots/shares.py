"""How the slots of one GPU are shared out among evaluations with the same model: by what each of them could use.

share = ⌈limit × wanted by me ÷ wanted by all⌉, at least 1 and, where others want slots too, never all of them.
"""

from collections.abc import Mapping


def share(*, limit: int, mine: int, others: int) -> int:
    """Return how many of `limit` slots are ours, where we could use `mine` and others could use `others`."""
    if others <= 0 or limit <= 0:
        return max(min(limit, mine), 0)
    fair = -(-limit * mine // (mine + others))
    return max(min(mine, fair, limit - 1), 1)


def growth(*, limit: int, held: int, target: int, free: int, alone: bool) -> int:
    """Return how many slots to take now.

    All that are missing and free, in quarters of the limit where others take too.
    """
    takeable = min(target - held, free)
    return max(takeable if alone else min(takeable, -(-limit // 4)), 0)


def leases_to_keep(sizes: Mapping[str, int], n: int) -> frozenset[str]:
    """Return the ids of leases that together hold as many slots as possible, but at most `n`.

    A lease can only go whole.
    """
    best: dict[int, frozenset[str]] = {0: frozenset()}
    for lease_id, size in sizes.items():
        for total, chosen in tuple(best.items()):
            if total + size <= n and total + size not in best:
                best[total + size] = chosen | {lease_id}
    return best[max(best)]
