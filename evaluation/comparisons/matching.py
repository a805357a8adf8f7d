"""Which sides of which runs are held against each other, and by which metrics? Looked up before a score is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from evaluation.comparisons.comparability import refuse_other_versions
from evaluation.comparisons.members import Member, find_members
from evaluation.comparisons.metrics import MeasuredMetric, find_metrics
from evaluation.comparisons.sides import Side, find_side, make_sides
from evaluation.errors import IncomparableError
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSides:
    """What is compared with what."""

    members: tuple[Member, ...]
    measured: MeasuredMetric
    """The sides that have scores, and the metrics that they share."""
    against: Side | None
    notes: tuple[str, ...]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Labels of the sides of each pair."""
        labels = [side.label for side in self.measured.sides]
        if self.against is None:
            return tuple(combinations(labels, 2))
        return tuple((self.against.label, label) for label in labels if label != self.against.label)


def match_runs(store: Store, run_ids: Sequence[str], request: ComparisonRequest) -> MatchedSides:
    """Return the sides of all candidates of these runs, and their metrics.

    Args:
        store: Where they are.
        run_ids: Ids, beginnings of ids, or `last`; their order decides who is first.
        request: Along what, by which metrics, against whom.

    Raises:
        IncomparableError: they asked other cases, were measured in other ways, or share nothing.
        ConfigurationError: something in the request that does not fit these runs.
    """
    members = find_members(store, run_ids)
    if not members:
        raise IncomparableError("these runs have no candidate", "See `benchwright runs list`.")
    refuse_other_versions(store, members)
    sides, notes = make_sides(members, request.by)
    against = find_side(sides, request.against) if request.against is not None else None
    measured = find_metrics(store, sides, request.metrics)
    if against is not None and against not in measured.sides:
        raise IncomparableError(f"{against.label!r} has no scores to compare with", "Choose another --against.")
    return MatchedSides(members=tuple(members), measured=measured, against=against, notes=tuple(notes))
