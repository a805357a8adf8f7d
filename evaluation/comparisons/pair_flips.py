"""Flipped cases of any two sides of a stored comparison, which keeps those of neighbours alone."""

from evaluation.comparisons.case_values import find_flips, scores_of
from evaluation.comparisons.sides import Member, Side, find_members
from evaluation.errors import UnknownNameError
from evaluation.records.candidates import MetricUse
from evaluation.results.comparisons import ComparisonResult, Flips, MetricComparisonResult
from evaluation.store.session import Store


def pair_flips(store: Store, result: ComparisonResult, first: str, second: str, *, n_shown: int = 5) -> Flips | None:
    """Return the cases on which two sides differ by the headline; None where the comparison has no headline.

    Args:
        store: Where the answers are.
        result: The comparison.
        first: Label of a side.
        second: Label of another side.
        n_shown: How many to show in each direction.

    Raises:
        UnknownNameError: the comparison has no such side, or one of its runs is gone.
    """
    if result.headline is None:
        return None
    headline = result.metric(result.headline)
    members = {(each.run_id, each.fingerprint): each for each in find_members(store, result.run_ids)}
    sides = _side(result, first, members), _side(result, second, members)
    use = _use(headline, sides[0].members[0])
    return find_flips(
        store,
        sides,
        (scores_of(store, sides[0], use), scores_of(store, sides[1], use)),
        n_shown=n_shown,
        higher_is_better=headline.higher_is_better,
    )


def _side(result: ComparisonResult, label: str, members: dict[tuple[str, str], Member]) -> Side:
    side = next((each for each in result.sides if each.label == label), None)
    of_side = [] if side is None else [members.get((each.run_id, each.fingerprint)) for each in side.members]
    if side is None or None in of_side:
        raise UnknownNameError("side of the comparison", label, [each.label for each in result.sides])
    return Side(label=side.label, key=side.key, members=tuple(each for each in of_side if each is not None))


def _use(headline: MetricComparisonResult, member: Member) -> MetricUse:
    named = (use for use in member.run.plan.metrics if use.signature == headline.signature)
    word = headline.metric.partition(" by ")[0]
    return next(named, MetricUse(name=word, signature=headline.signature))
