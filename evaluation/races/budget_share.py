"""How much of what comes next does the budget allow?"""

from evaluation.races.rules import Budget, Spent

FOR_CONFIRMING = 0.2
"""Share of a budget that the race itself leaves to the confirmation, at most."""


def affordable_share(budget: Budget, spent: Spent, *, n_calls: int, kept_calls: int = 0) -> float:
    """Return the share of these calls, from 0 to 1, that what is left allows at the price that calls have had so far.

    Args:
        budget: What the race may take.
        spent: What it has taken.
        n_calls: Calls that are wanted next.
        kept_calls: Calls that must still be possible afterwards, as far as a fifth of the budget goes.
    """
    if n_calls <= 0:
        return 1.0
    prices = {"calls": 1.0, "minutes": _each(spent.minutes, spent), "tokens": _each(spent.tokens, spent)}
    shares = [1.0]
    for name, price in prices.items():
        limit = getattr(budget, name)
        if limit is not None:
            left = limit - getattr(spent, name) - min(FOR_CONFIRMING * limit, kept_calls * price)
            shares.append(left / (n_calls * price) if price else float(left > 0))
    return max(0.0, min(shares))


def _each(taken: float, spent: Spent) -> float:
    """Return what a call has taken; 0 before the first."""
    return taken / spent.calls if spent.calls else 0.0
