"""Who stands where, when only some differences are certain? Ranks as intervals, ties as groups, at most one winner.

All of it rests on one thing: which of two is significantly better, told as pairs `(better, worse)`.
"""

from collections.abc import Collection, Mapping, Sequence

Beaten = Collection[tuple[str, str]]


def rank_intervals(names: Sequence[str], beaten: Beaten, *, through: str | None = None) -> dict[str, tuple[int, int]]:
    """Return the best and the worst rank of each that the certain differences leave open, 1 being the best.

    Args:
        names: All of them.
        beaten: Pairs of a winner and a loser.
        through: The one that all others were compared with, where they were not compared with one another: who is
            better than it is better than those that are worse.
    """
    better = {name: {winner for winner, loser in beaten if loser == name} for name in names}
    worse = {name: {loser for winner, loser in beaten if winner == name} for name in names}
    if through is not None:
        for name in names:
            better[name] |= better[through] if through in better[name] else set()
            worse[name] |= worse[through] if through in worse[name] else set()
    return {name: (1 + len(better[name]), len(names) - len(worse[name])) for name in names}


def tied_groups(order: Sequence[str], beaten: Beaten) -> tuple[tuple[str, ...], ...]:
    """Return the longest stretches of the order in which no two differ, best first; one may stand in several.

    This is what a display of letters shows: a letter for each group. Two that share a group do not differ; two that
    share none differ, or stand around such a difference (`apart_without_difference`).
    """
    differ = {frozenset(pair) for pair in beaten}
    groups: list[tuple[str, ...]] = []
    end = 0
    for start in range(len(order)):
        reach = start + 1
        while reach < len(order) and not any(frozenset((name, order[reach])) in differ for name in order[start:reach]):
            reach += 1
        if reach > end:
            groups.append(tuple(order[start:reach]))
            end = reach
    return tuple(groups)


def letters(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the letters of each: `a` for the best group, `ab` for one that belongs to the two best."""
    by_name: dict[str, str] = {}
    for index, group in enumerate(groups):
        for name in group:
            by_name[name] = by_name.get(name, "") + _letter(index)
    return by_name


def apart_without_difference(
    order: Sequence[str], groups: Sequence[Sequence[str]], beaten: Beaten
) -> tuple[tuple[str, str], ...]:
    """Return the pairs that share no group although they do not differ, since two between or beside them do.

    The better first.
    """
    together = {(a, b) for group in groups for a in group for b in group}
    differ = {frozenset(pair) for pair in beaten}
    return tuple(
        (a, b)
        for i, a in enumerate(order)
        for b in order[i + 1 :]
        if (a, b) not in together and frozenset((a, b)) not in differ
    )


def sole_winner(names: Sequence[str], beaten: Beaten) -> str | None:
    """Return the one that is better than every other, if there is one."""
    others: Mapping[str, set[str]] = {name: set(names) - {name} for name in names}
    winners = [
        name for name in names if others[name] and others[name] <= {worse for won, worse in beaten if won == name}
    ]
    return winners[0] if winners else None


def _letter(index: int) -> str:
    """Return a, b, … z, then aa, ab, … as columns of a sheet are named."""
    rest, place = divmod(index, 26)
    return ("" if rest == 0 else _letter(rest - 1)) + chr(ord("a") + place)
