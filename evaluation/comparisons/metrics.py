"""The metrics by which sides can be compared: those measured identically on all of them, the headline first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.comparisons.sides import Member, Side
from evaluation.errors import BenchwrightError, IncomparableError, UnknownNameError
from evaluation.metrics import METRICS
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.judges.rubric import JudgeRubric
from evaluation.metrics.metric_facts import higher_is_better, is_over_all_cases, may_be_share
from evaluation.metrics.parsing import metric_class, metric_of, parse_metric
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.metrics.titles import signature_parts
from evaluation.records.candidates import MetricUse
from evaluation.records.metric_keys import metric_keys
from evaluation.stats.verdicts import Kind
from evaluation.store.scores import scored_metrics
from evaluation.store.session import Store


def refuse_other_signatures(name: str, uses: Mapping[str, Sequence[MetricUse]]) -> IncomparableError:
    """Return the error for a metric that was measured in different ways, with the differences.

    Args:
        name: The metric.
        uses: The signature under that name on each side.
    """
    first, *others = uses
    other = next((side for side in others if not _shares(uses[first], uses[side])), others[0])
    a, b = uses[first][0].signature, uses[other][0].signature
    return IncomparableError(
        f"{name!r} was measured differently: {signature_differences(a, b)} ({first!r} against {other!r})",
        f"Rescore both with the same settings; no model is called: `benchwright score RUN --metric {name}`.",
    )


def _shares(a: Sequence[MetricUse], b: Sequence[MetricUse]) -> bool:
    return bool({use.signature for use in a} & {use.signature for use in b})


def signature_differences(a: str, b: str) -> str:
    """Describe in which options, or in which version of the scorer, two signatures of a metric differ."""
    left, right = signature_parts(a), signature_parts(b)
    options = _texts(left.options, right.options)
    differences = [options] if options else []
    if left.version != right.version:
        differences.append(f"scorer version {left.version} against {right.version}")
    return "; ".join(differences) or f"signature {a} against {b}"


def _texts(a: Mapping[str, str], b: Mapping[str, str]) -> str:
    names = [name for name in dict.fromkeys((*a, *b)) if a.get(name) != b.get(name)]
    return ", ".join(f"{name}={a.get(name, 'unset')} against {b.get(name, 'unset')}" for name in names)


FIGURES = (
    "latency_s",
    "ttft_s",
    "tokens_per_s",
    "prompt_tokens",
    "output_tokens",
    "cost_usd",
    "energy_j",
)
"""Figures compared as ratios, where all sides have them. Seconds per token are the inverse of tokens per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMetric:
    """A metric as it was measured on all sides."""

    word: str
    """Name in the comparison."""
    use: MetricUse
    unit: str
    kind: Kind | None
    """None: values of only 0 and 1 count as binary, all others as continuous, since the metric is a share."""
    higher_is_better: bool
    over_all_cases: bool
    """True if a run's value is computed from all cases together; it is compared case by case nevertheless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredMetric:
    """Metrics measured on the sides."""

    sides: tuple[Side, ...]
    """The sides that have at least one score."""
    metrics: tuple[ComparedMetric, ...]
    """The headline first; empty if only figures were requested."""
    figures: tuple[ComparedMetric, ...]
    pairwise: tuple[MetricUse, ...]
    """Judges' verdicts on pairs of candidates."""
    notes: tuple[str, ...]
    unscored: tuple[str, ...] = ()
    """Labels of the sides that have no score and are left out."""


def find_metrics(store: Store, sides: Sequence[Side], requested_metrics: Sequence[str]) -> MeasuredMetric:
    """Return the metrics by which the sides can be compared: the requested ones, or all that they share.

    Raises:
        IncomparableError: nothing is shared, or the headline was measured in different ways.
        UnknownNameError: a metric that no side was measured by.
    """
    used = {side.label: _uses(store, side) for side in sides}
    notes = [f"{label}: no scores, left out" for label, uses in used.items() if not uses]
    scored = tuple(side for side in sides if used[side.label])
    if len(scored) < 2:
        raise _unscored(sides, scored)
    used = {side.label: used[side.label] for side in scored}
    words = metric_keys(scored[0].members[0].run.plan.metrics, [use for uses in used.values() for use in uses])
    names = _requested_metrics(requested_metrics, used, words)
    shared, refused = _shared(used)
    plain = [use for use in shared if use.name not in SPEED_METRICS and use.name != JudgePairwise.name]
    figures_alone = bool(requested_metrics) and not names
    chosen = _chosen(plain, refused, names, scored[0].members[0], used, figures_alone=figures_alone)
    if requested_metrics:
        plain = [use for use in plain if use in chosen]
    for name, problem in refused.items():
        if not requested_metrics and name not in SPEED_METRICS and name != JudgePairwise.name:
            notes.append(f"{name} is not compared: {problem.message}")
    order = sorted(plain, key=lambda use: (use not in chosen, chosen.index(use) if use in chosen else 0))
    figures = [name for name in FIGURES if not requested_metrics or name in requested_metrics]
    return MeasuredMetric(
        sides=scored,
        metrics=tuple(_compared(use, words) for use in order),
        figures=tuple(figure(name) for name in figures),
        pairwise=_pairwise(used, requested_metrics),
        notes=tuple(notes),
        unscored=tuple(side.label for side in sides if side not in scored),
    )


def _uses(store: Store, side: Side) -> tuple[MetricUse, ...]:
    """Return the metrics for which every member of the side has scores."""
    of_members = [[use for use, _ in scored_metrics(store, member.row_id)] for member in side.members]
    pairwise = [use for uses in of_members for use in uses if use.name == JudgePairwise.name]
    shared = [use for use in of_members[0] if all(use in uses for uses in of_members)]
    return tuple(dict.fromkeys([*shared, *pairwise]))


def _unscored(sides: Sequence[Side], scored: Sequence[Side]) -> IncomparableError:
    silent = [side for side in sides if side not in scored]
    named = ", ".join(f"{side.label!r} (run {', '.join(side.run_ids)})" for side in silent)
    return IncomparableError(
        f"fewer than two sides have scores: no scores for {named}",
        "`benchwright show RUN` says how far a run is; `benchwright score RUN` scores what is answered.",
    )


def _requested_metrics(
    texts: Sequence[str], used: Mapping[str, Sequence[MetricUse]], words: Mapping[str, str]
) -> list[tuple[str, str | None]]:
    """Return the name and signature (None: any) of each requested metric, without speeds."""
    requested: list[tuple[str, str | None]] = []
    uses = {use.signature: use for uses in used.values() for use in uses}
    for text in texts:
        if text in FIGURES:
            continue
        exact = next((use for use in uses.values() if text in (use.signature, words.get(use.signature))), None)
        by_name = [use for use in uses.values() if use.name == text]
        if by_name:
            requested.append((text, None))
        elif exact is not None:
            requested.append((exact.name, exact.signature))
        elif (signature := _signature(text)) in uses:
            requested.append((uses[signature].name, signature))
        else:
            available_metrics = [*dict.fromkeys(words[use.signature] for use in uses.values()), *FIGURES]
            raise UnknownNameError(
                "metric of these runs",
                text,
                available_metrics,
                f"Measure it first: `benchwright score RUN --metric {text}`.",
            )
    return requested


def _signature(text: str) -> str:
    try:
        return parse_metric(text).signature
    except BenchwrightError:
        return ""


def _shared(used: Mapping[str, Sequence[MetricUse]]) -> tuple[list[MetricUse], dict[str, IncomparableError]]:
    """Return the metrics that all sides share, and why their other metrics are not compared."""
    first = next(iter(used.values()))
    shared = [use for use in first if all(use in uses for uses in used.values())]
    refused: dict[str, IncomparableError] = {}
    for name in dict.fromkeys(use.name for uses in used.values() for use in uses):
        if name in {use.name for use in shared}:
            continue
        of_name = {label: [use for use in uses if use.name == name] for label, uses in used.items()}
        lacking = [label for label, uses in of_name.items() if not uses]
        refused[name] = (
            IncomparableError(
                f"{name!r} was not measured on {', '.join(map(repr, lacking))}",
                f"Measure it, without a new answer: `benchwright score RUN --metric {name}`.",
            )
            if lacking
            else refuse_other_signatures(name, of_name)
        )
    return shared, refused


def _chosen(
    shared: Sequence[MetricUse],
    refused: Mapping[str, IncomparableError],
    names: Sequence[tuple[str, str | None]],
    first: Member,
    used: Mapping[str, Sequence[MetricUse]],
    *,
    figures_alone: bool,
) -> list[MetricUse]:
    """Return the metrics to show first: the requested ones, else the headline of the first run."""
    if names:
        return [use for name, signature in names for use in _of_name(shared, refused, name, signature)]
    if figures_alone:
        return []
    headline = first.run.plan.headline
    if headline in SPEED_METRICS or headline == JudgePairwise.name:
        return list(shared)
    planned = {use.signature for use in first.run.plan.metrics}
    headline_uses = [use for use in shared if use.name == headline]
    headline_uses = [use for use in headline_uses if use.signature in planned] or headline_uses
    if headline_uses:
        return headline_uses[:1]
    others = {other.name for uses in used.values() for other in uses if other.name == headline}
    if headline in refused and headline in others:
        raise refused[headline]
    if not shared:
        raise IncomparableError(
            f"the sides share no metric: the first run's headline is {headline!r}",
            f"Measure all alike, without a new answer: `benchwright score RUN --metric {headline}`.",
        )
    return list(shared[:1])


def _of_name(
    shared: Sequence[MetricUse], refused: Mapping[str, IncomparableError], name: str, signature: str | None
) -> list[MetricUse]:
    if name == JudgePairwise.name:
        return []
    uses = [use for use in shared if use.name == name and signature in (None, use.signature)]
    if not uses:
        raise refused.get(name) or IncomparableError(
            f"{name!r} with the signature {signature} was not measured on all sides",
            f"Measure it, without a new answer: `benchwright score RUN --metric {name}`.",
        )
    return uses


def _pairwise(used: Mapping[str, Sequence[MetricUse]], requested_metrics: Sequence[str]) -> tuple[MetricUse, ...]:
    pairwise_uses = dict.fromkeys(use for uses in used.values() for use in uses if use.name == JudgePairwise.name)
    return tuple(pairwise_uses) if not requested_metrics or JudgePairwise.name in requested_metrics else ()


def _compared(use: MetricUse, words: Mapping[str, str]) -> ComparedMetric:
    return ComparedMetric(
        word=words[use.signature],
        use=use,
        unit=_unit(use),
        kind=_kind(use.name),
        higher_is_better=higher_is_better(use.name, use.signature),
        over_all_cases=is_over_all_cases(use.name, use.signature),
    )


def _kind(name: str) -> Kind | None:
    if name == JudgeRubric.name:
        return Kind.ORDINAL
    return None if may_be_share(name) else Kind.CONTINUOUS


def _unit(use: MetricUse) -> str:
    metric = metric_of(use.name, use.signature)
    if metric is not None:
        return metric.unit
    try:
        return metric_class(use.name).unit
    except BenchwrightError:  # of a package that is gone, or of a file that was not loaded
        return ""


def figure(name: str) -> ComparedMetric:
    """Return the speed, tokens, cost or energy as a metric of a comparison. Prices are the candidates' own."""
    metric = METRICS[name]
    use = MetricUse(name=name, signature=metric().signature)
    return ComparedMetric(
        word=name,
        use=use,
        unit=metric.unit,
        kind=Kind.RATIO,
        higher_is_better=metric.higher_is_better,
        over_all_cases=False,
    )
