"""The result of a sweep, from the stored scores of its run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evaluation.errors import StoreError
from evaluation.metrics.guarded_calls import combining
from evaluation.metrics.metric_facts import higher_is_better, is_over_all_cases, value_range
from evaluation.metrics.parsing import metric_of
from evaluation.metrics.speed import reads_the_prompt
from evaluation.options import OPTIONS
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.requests.pipeline_words import pipeline_words, swept_kinds
from evaluation.results.as_json import as_json, from_json
from evaluation.results.estimates import MetricEstimate
from evaluation.results.sweeps import EffectResult, InteractionResult, SweepResult, SweptMetric, ValueChoice, ValueRange
from evaluation.run_results.best_mean import best_mean
from evaluation.scoring.aggregation import case_values, read_by
from evaluation.store.benchmarks import case_clusters
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.outcome_numbers import iterate_values
from evaluation.store.outcomes import count_outcomes
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from evaluation.store.sweeps import SweepRecord, find_sweep
from evaluation.sweeps.analysis import analyse, recommended
from evaluation.sweeps.contrasts import Matrix
from evaluation.sweeps.findings import Effect, Interaction, Level, SweepAnalysis
from evaluation.sweeps.space import Combination, Parameter, parse_parameters


def sweep_outcome(store: Store, invocation_id: str) -> SweepResult:
    """Return the analysis of every metric of a sweep's run, the headline first.

    Once the run has ended it is kept until an answer or a score changes.

    Raises:
        StoreError: the invocation is not a sweep, or has no run yet.
    """
    record, run = sweep_of(store, invocation_id)
    candidates = candidates_of(record, run)
    plans = [[each.plan.model_name, each.plan.endpoint_name, each.plan.options] for each in candidates]
    basis = [record.request, record.combinations, plans, as_json(run.plan), read_by(run.plan.metrics)]

    def read() -> Any:
        return as_json(_outcome(store, record, run, candidates))

    return from_json(SweepResult, kept_or_read(store, run.plan.run_id, "sweep", basis, read))


def _outcome(
    store: Store, record: SweepRecord, run: RunRecord, candidates: Sequence[RunCandidateRecord]
) -> SweepResult:
    parameters = parameters_of(record)
    uses = sorted(run.plan.metrics, key=lambda use: use.name != run.plan.headline)
    metrics = tuple(
        _metric(store, run, use, record.combinations, candidates, parameters)
        for use in uses
        if not is_over_all_cases(use.name, use.signature)
    )
    return SweepResult(
        run_id=run.plan.run_id,
        benchmark=run.plan.benchmark_name,
        benchmark_version=run.plan.benchmark_version,
        prompt=record.request.get("prompt"),
        design=record.request.get("design", "grid"),
        seed=run.plan.seed,
        n_cases=run.plan.n_cases,
        n_repeats=run.plan.n_repeats,
        n_combinations=len(record.combinations),
        parameters={parameter.name: _range_of(parameter) for parameter in parameters},
        headline=run.plan.headline,
        as_asked=tuple(
            _notes_on_unsent_values([_options_of_model(record, each) for each in record.combinations], candidates)
        ),
        metrics=metrics,
    )


def best_so_far(store: Store, invocation_id: str) -> tuple[Combination, MetricEstimate] | None:
    """Return the best mean of the headline so far, with its interval and number of cases, and its combination.

    The difference to the others is not tested.
    """
    record, run = sweep_of(store, invocation_id)
    of_candidate = {
        candidate.run_candidate_id: combination
        for combination, candidate in zip(record.combinations, candidates_of(record, run), strict=True)
    }
    best = best_mean(store, run)
    if best is None:
        return None
    return of_candidate[best.run_candidate_id], MetricEstimate.of(best.estimate)


def sweep_of(store: Store, invocation_id: str) -> tuple[SweepRecord, RunRecord]:
    """Return the sweep of an invocation, and its run.

    Raises:
        StoreError: the invocation is not a sweep, or has no run yet.
    """
    record, runs = find_sweep(store, invocation_id), runs_of_invocation(store, invocation_id)
    if record is None or not runs:
        raise StoreError(f"{store.shown_url} holds no sweep {invocation_id!r}", "Was its run deleted?")
    return record, runs[0]


def candidates_of(record: SweepRecord, run: RunRecord) -> tuple[RunCandidateRecord, ...]:
    """Return the candidate of each combination.

    Raises:
        StoreError: the run lacks one of them.
    """
    candidates = sorted(run.candidates, key=lambda candidate: candidate.run_candidate_id)
    if len(candidates) != len(record.combinations) or not all(
        _fits(_options_of_model(record, combination), candidate)
        for combination, candidate in zip(record.combinations, candidates, strict=True)
    ):
        raise StoreError(
            f"the candidates of run {run.plan.run_id!r} are not the combinations of its sweep",
            "Resume a sweep with `benchwright sweep --resume`; its candidates cannot change",
        )
    return tuple(candidates)


def _options_of_model(record: SweepRecord, combination: Combination) -> Combination:
    """Return the combination without the options that its pipeline takes, which are not sent as the model's."""
    fixed = dict(text.split("=", 1) for text in record.request.get("evaluation", {}).get("options", ()))
    words = pipeline_words({**fixed, **combination})
    return {name: value for name, value in combination.items() if not words.takes(name)}


def _fits(combination: Combination, candidate: RunCandidateRecord) -> bool:
    options = candidate.plan.options  # the context that a model was trained for bounds that one
    return all(options[name] == value for name, value in combination.items() if name in options and name != "num_ctx")


def _notes_on_unsent_values(tried: Sequence[Combination], candidates: Sequence[RunCandidateRecord]) -> Iterator[str]:
    """Yield a note for each option value that was not sent as the combination says, so that it cannot be judged."""
    unsent: dict[tuple[str, str], None] = {}
    changed: dict[tuple[str, str, Any, Any], None] = {}
    for combination, candidate in zip(tried, candidates, strict=True):
        plan = candidate.plan
        for name, value in combination.items():
            if name not in OPTIONS:
                continue
            if name not in plan.options:
                unsent[name, plan.endpoint_name] = None
            elif plan.options[name] != value:
                changed[plan.model_name, name, value, plan.options[name]] = None
    for name, endpoint in unsent:
        yield f"{endpoint} takes no {name}: its values were not sent, and cannot make a difference there"
    for model, name, value, used in changed:
        yield f"{model} was asked with {name}={used} where {name}={value} was wanted: it was trained for no more"


def parameters_of(record: SweepRecord) -> tuple[Parameter, ...]:
    """Return the swept parameters, a choice among models included."""
    texts = record.request.get("parameters", ())
    parameters = parse_parameters(texts, swept_kinds(record.request.get("evaluation", {}).get("options", ()), texts))
    names = {parameter.name for parameter in parameters}
    rest = [name for name in record.combinations[0] if name not in names]
    return (
        *(
            Parameter(name=name, values=tuple(dict.fromkeys(combination[name] for combination in record.combinations)))
            for name in rest
        ),
        *parameters,
    )


def _metric(
    store: Store,
    run: RunRecord,
    use: MetricUse,
    tried: Sequence[Combination],
    candidates: Sequence[RunCandidateRecord],
    parameters: Sequence[Parameter],
) -> SweptMetric:
    independent = run.plan.n_cases == 1
    better = higher_is_better(use.name, use.signature)
    scores, case_ids = _scores(store, use, candidates, independent=independent)
    clusters = case_clusters(store, run.plan.benchmark_version)
    analysis = analyse(
        tried,
        scores,
        parameters,
        seed=run.plan.seed,
        clusters=None if independent else [clusters.get(case_id) for case_id in case_ids],
        independent=independent,
        higher_is_better=better,
        value_range=value_range(use.name),
    )
    swept = swept_metric(use, analysis, higher_is_better=better)
    return replace(swept, notes=(*swept.notes, *_of_cached_prompts(store, run, use)))


def _of_cached_prompts(store: Store, run: RunRecord, use: MetricUse) -> list[str]:
    """Return a note where a server's prompt cache affects the metric: the means here are of all answers."""
    metric = metric_of(use.name, use.signature)
    if metric is None or not reads_the_prompt(metric):
        return []
    counts = count_outcomes(store, run.plan.run_id)
    n_cached = sum(outcome_counts.n_cached for outcome_counts in counts)
    if not n_cached:
        return []
    n = sum(outcome_counts.n_ok + outcome_counts.n_own_failed for outcome_counts in counts)
    return [
        f"the server had cached, or may have cached, {n_cached:,} of {n:,} prompts, and these means of {use.name} "
        f"include cached and uncached answers; `benchwright compare {run.plan.run_id}` compares them separately"
    ]


def _scores(
    store: Store, use: MetricUse, candidates: Sequence[RunCandidateRecord], *, independent: bool
) -> tuple[Matrix, tuple[str, ...]]:
    """Return the score matrix and the ids of its columns.

    One row per combination and one column per case (or answer), NaN where there is no score.
    """
    metric = metric_of(use.name, use.signature)
    combine = combining(metric) if metric is not None else None
    read = _answers if independent else _cases
    rows = [read(store, candidate.run_candidate_id, use.signature, combine) for candidate in candidates]
    columns = sorted({key for row in rows for key in row})
    scores = np.full((len(rows), len(columns)), np.nan)
    places = {key: place for place, key in enumerate(columns)}
    for number, row in enumerate(rows):
        for key, value in row.items():
            scores[number, places[key]] = value
    return scores, tuple(columns)


def _cases(
    store: Store, run_candidate_id: int, signature: str, combine: Callable[..., float] | None
) -> dict[str, float]:
    values = case_values(store, run_candidate_id, signature, combine)
    return dict(zip(values.case_ids, values.means, strict=True))


def _answers(store: Store, run_candidate_id: int, signature: str, _combine: object) -> dict[str, float]:
    values = iterate_values(store, run_candidate_id, signature)
    return {f"{number:06d}": value for number, (_, value) in enumerate(values)}


def _range_of(parameter: Parameter) -> ValueRange | ValueChoice:
    if parameter.low is not None and parameter.high is not None and parameter.is_continuous:
        return ValueRange(low=parameter.low, high=parameter.high)
    return ValueChoice(values=tuple(parameter.values))


def swept_metric(use: MetricUse, analysis: SweepAnalysis, *, higher_is_better: bool) -> SweptMetric:
    """Return the analysis of a metric's scores as it is shown, not rounded."""
    level = analysis.confidence_level
    return SweptMetric(
        metric=use.name,
        signature=use.signature,
        higher_is_better=higher_is_better,
        n_units=analysis.n_units,
        unit=analysis.unit,
        confidence_level=level,
        combinations=analysis.standings,
        n_may_be_best=sum(standing.may_be_best for standing in analysis.standings),
        effects=tuple(_effect(effect, level) for effect in analysis.effects),
        interactions=tuple(_interaction(interaction, level) for interaction in analysis.interactions),
        constant=analysis.constant,
        notes=analysis.notes,
    )


def _effect(effect: Effect, level: float) -> EffectResult:
    return EffectResult(
        name=effect.name,
        is_numeric=effect.is_numeric,
        levels=effect.levels,
        p_value=effect.p_value,
        p_adjusted=effect.p_adjusted,
        spread=effect.spread,
        correlation=effect.correlation,
        p_correlation=effect.p_correlation,
        detectable=effect.detectable,
        is_shown=effect.is_shown(level),
        recommended=_recommendation(effect, recommended(effect)),
    )


def _interaction(interaction: Interaction, level: float) -> InteractionResult:
    return InteractionResult(
        first=interaction.first,
        second=interaction.second,
        p_value=interaction.p_value,
        p_adjusted=interaction.p_adjusted,
        is_shown=interaction.is_shown(level),
    )


def _recommendation(effect: Effect, levels: Sequence[Level]) -> ValueRange | ValueChoice:
    if effect.is_numeric and levels:
        return ValueRange(low=levels[0].low, high=levels[-1].high)
    return ValueChoice(values=tuple(level.low for level in levels))
