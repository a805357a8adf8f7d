"""Whether candidates became slower from one run to another: paired ratios of latency and of tokens a second.

Tested as in a comparison, on prompts that were as fresh in both runs, adjusted for all candidates and figures. An
interval over cases says nothing of what else a server did meanwhile: two runs of one server often differ by a few
percent, so a difference is called a slowdown only where its interval lies beyond `USUAL_RATIO`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from evaluation.comparisons.case_values import Figures, figure_of_side, figures_of
from evaluation.comparisons.comparable_timings import ComparablePairs, comparable_pairs, notes_on
from evaluation.comparisons.sides import Member, find_members
from evaluation.fingerprint import fingerprint
from evaluation.results.as_json import as_json, from_json
from evaluation.results.time_changes import Pace, TimeChange
from evaluation.stats.multiplicity import adjusted_pairs
from evaluation.stats.pair_comparison import PairComparison, compare_pair
from evaluation.stats.ranking import pair_rng
from evaluation.stats.verdicts import A_BETTER, B_BETTER, Kind
from evaluation.store.benchmarks import case_clusters
from evaluation.store.kept_readings import current_state, kept_or_read
from evaluation.store.session import Store

USUAL_RATIO = 1.05
"""By how much two runs of one server often differ for no reason in the model."""
MORE_IS_FASTER = {"latency_s": False, "tokens_per_s": True}
"""Figures that are looked at, and whether more of it is faster."""
ALPHA = 0.05
_NOW, _THEN = "later run", "earlier run"
_PAIR = (_NOW, _THEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A candidate in two runs, by the id of the run and its label there."""

    earlier: tuple[str, str]
    later: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    of_all: tuple[TimeChange, ...]


def changes_between(store: Store, runs: tuple[str, str], labels: Sequence[tuple[str, str]]) -> tuple[TimeChange, ...]:
    """Return how the speed of candidates changed from one run to another, from an earlier reading if there is one.

    Args:
        store: Where the runs are.
        runs: Whole ids.
        labels: Of each candidate in the first and in the second run.
    """
    steps = [Step(earlier=(runs[0], first), later=(runs[1], second)) for first, second in labels]
    state = current_state(store, runs[1])
    if state is None:
        return time_changes(store, steps)
    basis = [state, [list(pair) for pair in labels]]
    kept = kept_or_read(
        store,
        runs[0],
        f"time changes {runs[1]}",
        basis,
        lambda: as_json(_Changes(of_all=time_changes(store, steps))),
    )
    return from_json(_Changes, kept).of_all


def time_changes(store: Store, steps: Sequence[Step]) -> tuple[TimeChange, ...]:
    """Return how the speed of candidates changed, each figure of each step; p-values are adjusted for all of them."""
    run_ids = list(dict.fromkeys(run_id for step in steps for run_id, _ in (step.earlier, step.later)))
    members = {(each.run_id, each.label): each for each in find_members(store, run_ids)}
    figures: dict[int, Figures] = {}
    timed: list[_Timed] = []
    for step in steps:
        pair = members.get(step.later), members.get(step.earlier)
        if pair[0] is not None and pair[1] is not None:
            timed += _timed_pairs(store, (pair[0], pair[1]), figures)
    tested = [each for each in timed if not each.pairs.is_too_little]
    level = 1 - ALPHA / max(1, len(tested))
    compared, _ = adjusted_pairs([each.compared(store, level) for each in tested], alpha=ALPHA)
    by_place = dict(zip(map(id, tested), compared, strict=True))
    return tuple(each.change(by_place.get(id(each))) for each in timed)


def _timed_pairs(store: Store, pair: tuple[Member, Member], figures: dict[int, Figures]) -> "Iterator[_Timed]":
    for member in pair:
        if member.row_id not in figures:
            figures[member.row_id] = figures_of(store, member)
    for metric in MORE_IS_FASTER:
        sides = {
            name: figure_of_side([figures[member.row_id]], metric) for name, member in zip(_PAIR, pair, strict=True)
        }
        if all(sides.values()) and sides[_NOW].keys() & sides[_THEN].keys():
            pairs = comparable_pairs(metric, sides, None, asked_with={_NOW: 1, _THEN: 0})
            yield _Timed(members=pair, metric=metric, pairs=pairs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Timed:
    """A figure of one candidate in two runs, the later one first."""

    members: tuple[Member, Member]
    metric: str
    pairs: ComparablePairs

    def compared(self, store: Store, level: float) -> PairComparison:
        now, then = self.members
        seed = int(fingerprint([now.run_id, then.run_id])[:12], 16)
        clusters = case_clusters(store, now.run.plan.benchmark_version)
        return compare_pair(
            *self.pairs.values_of(_PAIR),
            rng=pair_rng(seed, now.label, self.metric),
            kind=Kind.RATIO,
            clusters={**clusters, **self.pairs.clusters(clusters)},
            higher_is_better=MORE_IS_FASTER[self.metric],
            confidence_level=level,
            beside=False,
        )

    def change(self, compared: PairComparison | None) -> TimeChange:
        shown = self.pairs.of_pairs[_PAIR].shown
        has_values = compared is not None and compared.difference is not None
        return TimeChange(
            candidate=self.members[0].label,
            runs=(self.members[1].run_id, self.members[0].run_id),
            metric=self.metric,
            pace="not comparable" if compared is None else _pace(compared),
            ratio=None if compared is None else compared.difference,
            low=None if compared is None else compared.low,
            high=None if compared is None else compared.high,
            p_value=None if compared is None else compared.p_adjusted,
            n_cases=0 if compared is None else compared.n_pairs,
            first=_mean(shown, _THEN) if has_values else None,
            second=_mean(shown, _NOW) if has_values else None,
            remarks=(*_other_conditions(*self.members), *notes_on([self.pairs])),
        )


def _mean(shown: Mapping[str, Mapping[str, float]], side: str) -> float:
    common = shown[_NOW].keys() & shown[_THEN].keys()
    return fmean(shown[side][case_id] for case_id in sorted(common))


def _pace(compared: PairComparison) -> Pace:
    """Return what the test and the interval say together."""
    is_shown = compared.verdict in (A_BETTER, B_BETTER)
    # Without an interval the ratio is the same on all cases, or there are too few to show anything.
    low, high = compared.low or compared.difference, compared.high or compared.difference
    if low is None or high is None or (compared.low is None and not is_shown):
        return "open"
    if not is_shown:
        return "alike" if low > 1 / USUAL_RATIO and high < USUAL_RATIO else "open"
    is_clear = low > USUAL_RATIO or high < 1 / USUAL_RATIO
    if compared.verdict == A_BETTER:
        return "faster" if is_clear else "slightly faster"
    return "slower" if is_clear else "slightly slower"


def _other_conditions(now: Member, then: Member) -> Iterator[str]:
    slots = now.candidate.plan.slots, then.candidate.plan.slots
    if slots[0] != slots[1]:
        yield f"asked {slots[1]} at a time in the earlier run and {slots[0]} in the later one"
    if now.endpoints != then.endpoints:
        yield f"asked at {then.endpoints} in the earlier run and at {now.endpoints} in the later one"
