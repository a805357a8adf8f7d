"""Candidates on the same cases, metric by metric, with what is sure and what is not.

Which sides of which runs are compared, and by which metrics, is looked up before a score is read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from evaluation.comparisons.case_values import count_cases, find_preferences
from evaluation.comparisons.changed_parts import changed_parts
from evaluation.comparisons.metric_comparison import MetricComparer, MetricComparison
from evaluation.comparisons.metrics import MeasuredMetric, find_metrics
from evaluation.comparisons.sides import Member, Side, find_members, find_side, make_sides
from evaluation.errors import IncomparableError, UnknownNameError
from evaluation.formatting import percent, points
from evaluation.records.status import Status
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import Flips, PreferenceResult
from evaluation.results.sides import SideCounts
from evaluation.store.benchmarks import case_hashes, load_benchmark_version
from evaluation.store.changed_texts import ChangedTexts, find_changed_texts
from evaluation.store.races import find_race
from evaluation.store.session import Store

SHORT = 12
_N_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSides:
    """The sides and cases of a comparison."""

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


def match_runs(
    store: Store, run_ids: Sequence[str], request: ComparisonRequest, *, only: Collection[str] | None = None
) -> MatchedSides:
    """Return the sides of all candidates of these runs, and their metrics.

    Args:
        store: Where they are.
        run_ids: Ids, beginnings of ids, or `last`; their order decides who is first.
        request: How to group, by which metrics, against which baseline.
        only: Fingerprints of the candidates to compare; None: all.

    Raises:
        IncomparableError: they asked other cases, were measured in other ways, or share nothing.
        ConfigurationError: something in the request that does not fit these runs.
    """
    members = tuple(each for each in find_members(store, run_ids) if only is None or each.fingerprint in only)
    if not members:
        raise IncomparableError("these runs have no candidate", "See `benchwright runs list`.")
    refuse_other_versions(store, members)
    sides, notes = make_sides(members, request.by)
    against = find_side(sides, request.against) if request.against is not None else None
    measured = find_metrics(store, sides, request.metrics)
    if against is not None and against not in measured.sides:
        raise IncomparableError(f"{against.label!r} has no scores to compare with", "Choose another --against.")
    return MatchedSides(members=tuple(members), measured=measured, against=against, notes=tuple(notes))


def refuse_other_versions(store: Store, members: Sequence[Member]) -> None:
    """Check that all runs used one benchmark version.

    Raises:
        IncomparableError: they did not; names both versions and their differences.
    """
    first = members[0].run.plan
    for member in members:
        plan = member.run.plan
        if plan.benchmark_version != first.benchmark_version:
            raise IncomparableError(
                f"run {first.run_id} asked {_named(first.benchmark_name, first.benchmark_version)} and run "
                f"{plan.run_id} {_named(plan.benchmark_name, plan.benchmark_version)}: "
                f"{version_differences(store, first.benchmark_version, plan.benchmark_version)}",
                "Evaluate both on one of the versions. `compare --unpaired` compares them as unpaired groups.",
            )


def _named(name: str, version: str) -> str:
    return f"{name!r} in version {version[:SHORT]}"


def version_differences(store: Store, a: str, b: str) -> str:
    """Describe how one benchmark version differs from another."""
    try:
        left, right = (load_benchmark_version(store, version, case_ids=()) for version in (a, b))
    except UnknownNameError as error:
        return f"they are other versions ({error.message})"
    differences = []
    if left.prompt.template != right.prompt.template:
        differences.append(f"the prompt is {left.prompt.template!r} against {right.prompt.template!r}")
    if left.prompt.system != right.prompt.system:
        differences.append(f"the system prompt is {left.prompt.system!r} against {right.prompt.system!r}")
    if options := _mapping_differences(left.options, right.options):
        differences.append(f"options that reach the model: {options}")
    differences += _case_differences(case_hashes(store, a), case_hashes(store, b))
    return "; ".join(differences) or "their cases are in a different order"


def _case_differences(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    kinds = {
        "only in the first": [case_id for case_id in a if case_id not in b],
        "only in the second": [case_id for case_id in b if case_id not in a],
        "with another content": [case_id for case_id in a if case_id in b and a[case_id] != b[case_id]],
    }
    differences = [f"{len(ids):,} {kind} ({_some(ids)})" for kind, ids in kinds.items() if ids]
    return [f"of {len(a):,} and {len(b):,} cases " + ", ".join(differences)] if differences else []


def _some(ids: Sequence[str]) -> str:
    named = ", ".join(repr(case_id) for case_id in islice(ids, _N_NAMED))
    return named + (", …" if len(ids) > _N_NAMED else "")


def _mapping_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*a, *b} if a.get(name) != b.get(name))
    return ", ".join(f"{name}={_value(a, name)} against {_value(b, name)}" for name in names)


def _value(options: Mapping[str, Any], name: str) -> str:
    return repr(options[name]) if name in options else "unset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Result of comparing candidates."""

    members: tuple[Member, ...]
    sides: tuple[Side, ...]
    counts: Mapping[str, SideCounts]
    """Counts of case outcomes of each side, by its label."""
    by: str | None
    against: str | None
    margin: float | None
    metrics: tuple[MetricComparison, ...]
    """Quality metrics, the headline first."""
    figures: tuple[MetricComparison, ...]
    """Ratios of speed, tokens, cost and energy."""
    preferences: tuple[PreferenceResult, ...]
    """Preferences of judges who saw two answers at a time."""
    flips: tuple[Flips, ...]
    notes: tuple[str, ...]
    changed_texts: tuple[str, ...] = ()
    """Notes on differences no larger than the share of texts that change when a case is repeated."""
    unscored: tuple[str, ...] = ()
    """Labels of the sides that have no score and are left out."""

    @property
    def headline(self) -> MetricComparison | None:
        """What sides are ranked by: a metric of quality, else a figure; None for preferences alone."""
        return next(iter((*self.metrics, *self.figures)), None)


def compare_runs(
    store: Store,
    run_ids: Sequence[str],
    request: ComparisonRequest,
    *,
    headline_only: bool = False,
    only: Collection[str] | None = None,
) -> Comparison:
    """Compare all candidates of these runs. Every statement on which candidate is better comes from here.

    Args:
        store: Where they are.
        run_ids: Ids, beginnings of ids, or `last`; their order decides who is first.
        request: How to group, by which metrics, with which margin.
        headline_only: Leave out what the headline's verdict does not need: other metrics, figures, flipped cases.
        only: Fingerprints of the candidates to compare; None: all.

    Raises:
        IncomparableError: they asked other cases, were measured in other ways, or share nothing.
        ConfigurationError: something in the request that does not fit these runs.
    """
    matched = match_runs(store, run_ids, request, only=only)
    members, measured, against = matched.members, matched.measured, matched.against
    work = MetricComparer(store, members, measured.sides, against, request)
    metrics = tuple(work.quality(measured.metrics[:1] if headline_only else measured.metrics))
    _refuse_nothing_shared(metrics, measured.sides)
    figures = () if headline_only and metrics else tuple(work.figures(measured.figures))
    return Comparison(
        members=members,
        sides=measured.sides,
        counts=count_cases(store, measured.sides, metrics[0].metric.use if metrics else None),
        by=request.by,
        against=against.label if against else None,
        margin=work.margin_of(measured.metrics[0]) if measured.metrics else None,
        metrics=metrics,
        figures=figures,
        preferences=tuple(find_preferences(store, measured.sides, measured.pairwise, seed=work.seed)),
        flips=work.flips(metrics[0]) if metrics and not headline_only else (),
        changed_texts=notes_on_changed_texts(store, measured.sides, metrics[0] if metrics else None),
        unscored=measured.unscored,
        notes=(
            *_notes_on_races(store, members),
            *matched.notes,
            *measured.notes,
            *work.notes,
            *remarks_on(measured.sides, metrics, figures),
        ),
    )


def _notes_on_races(store: Store, members: Sequence[Member]) -> tuple[str, ...]:
    """Return what to think of a comparison of candidates of a race."""
    invocations = {member.run_id: member.run.plan.invocation_id for member in members}
    return tuple(
        f"race {run_id} chose by these cases whom to ask more: p values and intervals are too small "
        f"here, and what the race found holds (`benchwright show {run_id}`)"
        for run_id, invocation_id in invocations.items()
        if find_race(store, invocation_id) is not None
    )


def _refuse_nothing_shared(metrics: Sequence[MetricComparison], sides: Sequence[Side]) -> None:
    if metrics and not any(pair.found.n_pairs for pair in metrics[0].pairs):
        raise IncomparableError(
            f"{' and '.join(repr(side.label) for side in sides)} share no case with a value of "
            f"{metrics[0].metric.word!r} on both sides",
            "Evaluate them on the same cases: the same benchmark, the same --limit and --seed.",
        )


_TIMED = ("latency_s", "ttft_s", "tokens_per_s", "energy_j")


def remarks_on(
    sides: Sequence[Side], metrics: Sequence[MetricComparison], figures: Sequence[MetricComparison]
) -> tuple[str, ...]:
    """Return the remarks on a comparison, one sentence each."""
    timed = any(figure.metric.word in _TIMED for figure in figures)
    has_pipelines = any(member.pipeline is not None for side in sides for member in side.members)
    return (
        *_same_candidates(sides),
        *_one_tag_two_weights(sides),
        *(changed_parts(sides) if has_pipelines else ()),
        *_unverified(sides),
        *_unfinished(sides),
        *(_other_machines(sides) if timed else ()),
        *_case_by_case(metrics),
    )


def _same_candidates(sides: Sequence[Side]) -> Iterator[str]:
    """Yield a remark on each candidate in several sides, as after an upgrade: same weights and options, asked twice."""
    by_key: dict[str, list[Side]] = {}
    for side in sides:
        by_key.setdefault(side.key, []).append(side)
    for same in by_key.values():
        if len(same) > 1:
            versions = list(dict.fromkeys(side.members[0].servers for side in same))
            server = f"server {' → '.join(versions)}" if len(versions) > 1 else f"server {versions[0]} each time"
            runs = " and ".join(side.run_ids[0] for side in same)
            yield f"{same[0].members[0].label} is one candidate, asked in runs {runs} ({server})"


def _one_tag_two_weights(sides: Sequence[Side]) -> Iterator[str]:
    digests: dict[str, dict[str, None]] = {}
    for side in sides:
        for member in side.members:
            digests.setdefault(member.model, {})[member.digest or "unverified"] = None
    for model, model_digests in digests.items():
        if len(model_digests) > 1:
            shown = " and ".join(digest.removeprefix("sha256:")[:12] for digest in model_digests)
            yield f"{model} has different weights in these runs, which are compared separately: digests {shown}"


def _unverified(sides: Sequence[Side]) -> Iterator[str]:
    unverified = dict.fromkeys(member.label for side in sides for member in side.members if member.digest is None)
    if unverified:
        yield f"unverified weights, since the server gives no digest: {', '.join(unverified)}"


def _unfinished(sides: Sequence[Side]) -> Iterator[str]:
    runs = {member.run_id: member.run.status for side in sides for member in side.members}
    for run_id, status in runs.items():
        if status is not Status.COMPLETED:
            yield f"run {run_id} is {status}: what it has is compared"


def _other_machines(sides: Sequence[Side]) -> Iterator[str]:
    members = [member for side in sides for member in side.members]
    places = dict.fromkeys(member.endpoints for member in members)
    slots = dict.fromkeys(member.candidate.plan.slots for member in members)
    if len(places) > 1:
        yield (
            f"timings are from different servers ({', '.join(places)}), and say as much about these as about the models"
        )
    if len(slots) > 1:
        yield f"timings were taken with different numbers of concurrent requests ({', '.join(map(str, slots))})"


def _case_by_case(metrics: Sequence[MetricComparison]) -> Iterator[str]:
    words = [comparison.metric.word for comparison in metrics if comparison.metric.over_all_cases]
    if words:
        yield (
            f"{', '.join(words)}: compared case by case; the result differs from the difference of the corpus-level "
            "values that each run shows"
        )


def notes_on_changed_texts(store: Store, sides: Sequence[Side], headline: MetricComparison | None) -> tuple[str, ...]:
    """Return a sentence for each side with a difference in points no larger than its share of changed texts."""
    if headline is None or headline.metric.unit != "fraction":
        return ()
    differences = {
        (pair.a.label, pair.b.label): pair.found.difference
        for pair in headline.pairs
        if pair.found.difference is not None
    }
    notes = []
    for side in sides:
        of_side = {pair: value for pair, value in differences.items() if side.label in pair}
        if of_side and (texts := _changed(store, side)) is not None:
            small = [pair for pair, value in of_side.items() if abs(value) <= texts.share]
            if small:
                notes.append(_note(side.label, texts, small, differences))
    return tuple(notes)


def _changed(store: Store, side: Side) -> ChangedTexts | None:
    """Return the changed texts of the side's best-known candidate; None if no text changed or none was asked again."""
    changed_texts = [
        texts for member in side.members if (texts := find_changed_texts(store, member.row_id)) is not None
    ]
    return max((texts for texts in changed_texts if texts.n_changed), key=lambda texts: texts.n, default=None)


def _note(
    label: str,
    texts: ChangedTexts,
    small: Sequence[tuple[str, str]],
    differences: dict[tuple[str, str], float],
) -> str:
    a, b = small[0]
    more = f" and {len(small) - 1} others" if len(small) > 1 else ""
    step = "; --slots 1 is reproducible" if texts.slots > 1 else ""
    return (
        f"{label}: {texts.n_changed:,} of {texts.n:,} outputs changed when run {texts.run_id} repeated the same cases "
        f"and seeds (at most {texts.slots} at a time): a difference within {percent(texts.share)} of the cases, "
        f"such as {a} – {b} ({points(differences[a, b], signed=True)} points){more}, may not reproduce{step}"
    )
