"""From a request to results: one comparison for each benchmark version, stored, the same question under the same id."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace

from evaluation.comparisons.comparison import SHORT, Comparison, compare_runs, version_differences
from evaluation.comparisons.metric_comparison import ComparedPair, MetricComparison
from evaluation.comparisons.sentences import sentences
from evaluation.comparisons.sides import Member, Side
from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.fingerprint import fingerprint
from evaluation.records.experiments import ExperimentRecord
from evaluation.records.runs import RunRecord
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult, GateResult, MetricComparisonResult
from evaluation.results.estimates import MetricEstimate
from evaluation.results.pairs import PairNumbers, PairResult
from evaluation.results.sides import MemberResult, SideResult
from evaluation.stats.pair_comparison import PairComparison
from evaluation.store.benchmarks import find_benchmark
from evaluation.store.comparisons import ComparisonPairRecord, find_comparison, save_comparison
from evaluation.store.experiments import experiment_named, experiment_of_runs, file_comparison, find_experiment
from evaluation.store.prompt_states import has_unjudged, judge_prompts
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.version import code_version


def comparison_result(
    store: Store, comparison: Comparison, request: ComparisonRequest, *, only: Collection[str] | None = None
) -> ComparisonResult:
    """Return the full comparison: quality first, with the headline's metrics and pairs at the top.

    Args:
        store: Where the benchmark is.
        comparison: The comparison to report.
        request: What was asked for.
        only: Fingerprints of the candidates to which it was confined; None: all.
    """
    plan = comparison.members[0].run.plan
    benchmark = find_benchmark(store, plan.benchmark_version)
    headline = comparison.headline
    run_ids = tuple(dict.fromkeys(member.run_id for member in comparison.members))
    metrics = (*comparison.metrics, *comparison.figures)
    result = ComparisonResult(
        comparison_id=_comparison_id(request, run_ids, comparison, only),
        code_version=code_version(),
        sentences=(),
        benchmark=plan.benchmark_name,
        benchmark_version=plan.benchmark_version,
        task_type=benchmark.task_type if benchmark else None,
        n_cases=benchmark.n_cases if benchmark else None,
        run_ids=run_ids,
        by=comparison.by,
        against=comparison.against,
        margin=comparison.margin,
        headline=headline.metric.word if headline else None,
        winner=headline.many.winner if headline else None,
        sides=tuple(_side(comparison, side) for side in comparison.sides),
        unscored=comparison.unscored,
        metrics=tuple(_metric(metric) for metric in metrics),
        preferences=comparison.preferences,
        flips=comparison.flips,
        notes=(*comparison.notes, *comparison.changed_texts),
        pairs=tuple(_pair(metric, pair) for metric in metrics for pair in metric.pairs),
    )
    return replace(result, sentences=tuple(sentences(result)))


def _comparison_id(
    request: ComparisonRequest, run_ids: tuple[str, ...], comparison: Comparison, only: Collection[str] | None
) -> str:
    """Return an id that is equal for the same question on the same runs, whatever its wording and the cases shown."""
    margin = request.read_margin()
    confined = {} if only is None else {"only": sorted(only)}
    return fingerprint(
        {
            **confined,
            "runs": list(run_ids),
            "by": comparison.by,
            "against": comparison.against,
            "metrics": request.metrics,
            "margin": None if margin is None else [margin.value, margin.in_points],
        }
    )[:12]


def _side(comparison: Comparison, side: Side) -> SideResult:
    return SideResult(
        label=side.label,
        key=side.key,
        digests=side.digests,
        run_ids=side.run_ids,
        members=tuple(_member(member) for member in side.members),
        counts=comparison.counts[side.label],
    )


def _member(member: Member) -> MemberResult:
    return MemberResult(
        run_id=member.run_id,
        candidate=member.label,
        model=member.model,
        digest=member.digest,
        fingerprint=member.fingerprint,
        family=member.details.get("family"),
        parameter_size=member.details.get("parameter_size"),
        quantization=member.details.get("quantization"),
        options=dict(member.options),
        profile=member.profile,
        think=member.details.get("think"),
        endpoint=member.endpoints,
        server_version=member.servers,
        slots=member.candidate.plan.slots,
        seed=member.run.plan.seed,
        n_repeats=member.run.plan.n_repeats,
        started_at=member.run.started_at,
        code_version=member.run.plan.code_version,
    )


def _metric(compared: MetricComparison) -> MetricComparisonResult:
    many = compared.many
    return MetricComparisonResult(
        metric=compared.metric.word,
        signature=compared.metric.use.signature,
        unit=compared.metric.unit,
        kind=compared.pairs[0].found.kind if compared.pairs else None,
        higher_is_better=compared.metric.higher_is_better,
        values={label: MetricEstimate.of(value) for label, value in compared.values.items()},
        measured={label: MetricEstimate.of(value) for label, value in compared.measured.items()},
        winner=many.winner,
        order=many.order,
        groups=many.groups,
        ranks=many.ranks,
        gate=_gate(compared),
        notes=many.notes,
    )


def _gate(compared: MetricComparison) -> GateResult | None:
    gate = compared.many.gate
    if gate is None:
        return None
    return GateResult(
        test=gate.test,
        statistic=gate.statistic,
        degrees_of_freedom=gate.degrees_of_freedom,
        p_value=gate.p_value,
        n_cases=gate.n_cases,
        mean_ranks=dict(zip(compared.sides, gate.mean_ranks, strict=True)),
        critical_difference=gate.critical_difference,
    )


def _pair(compared: MetricComparison, pair: ComparedPair) -> PairResult:
    zero = pair.found.failures_as_zero
    return PairResult(
        metric=compared.metric.word,
        a=pair.a.label,
        b=pair.b.label,
        **vars(_numbers(pair.found)),
        standard_error=pair.standard_error,
        unit=compared.metric.unit,
        tails={name: MetricEstimate.of(value) for name, value in pair.tails.items()},
        prompts=pair.prompts,
        failures_as_zero=None if zero is None else _numbers(zero),
    )


def _numbers(comparison: PairComparison) -> PairNumbers:
    return PairNumbers(**{each.name: getattr(comparison, each.name) for each in fields(PairNumbers)})


def compare_and_store(
    store: Store,
    request: ComparisonRequest,
    *,
    evaluated: Sequence[str] = (),
    stored: Sequence[str] | None = None,
    only: Collection[str] | None = None,
) -> list[ComparisonResult]:
    """Make and store the requested comparisons, and return them.

    Args:
        store: Where the runs are and the comparisons go.
        request: What was asked for.
        evaluated: Runs of the evaluation that was made for it, each of a benchmark of its own.
        stored: Ids of the runs that the request names, where already looked up; None: they are looked up now.
        only: Fingerprints of the candidates to compare; None: all.

    Raises:
        BenchwrightError: what cannot be compared, and why.
    """
    groups = grouped_runs(store, request, evaluated=evaluated, stored=stored)
    return [_compared(store, request, run_ids, only) for run_ids in groups]


def grouped_runs(
    store: Store, request: ComparisonRequest, *, evaluated: Sequence[str] = (), stored: Sequence[str] | None = None
) -> list[list[str]]:
    """Return the ids of the runs of each requested comparison.

    Args:
        store: Where the runs are.
        request: What was asked for.
        evaluated: Runs of the evaluation that was made for it, each of a benchmark of its own.
        stored: Ids of the runs that the request names, where already looked up; None: they are looked up now.

    Raises:
        UnknownNameError: no such run or experiment.
    """
    named = list(requested_runs(store, request) if stored is None else stored)
    if not evaluated and _means_an_experiment(store, request):
        return _by_version(store, named)
    return _groups(store, named, evaluated)


def requested_runs(store: Store, request: ComparisonRequest) -> tuple[str, ...]:
    """Return the ids of the stored runs that a request names: an experiment's name stands for its runs.

    Raises:
        UnknownNameError: no such run or experiment.
        ConfigurationError: an experiment without runs, or an ambiguous beginning of a run id.
    """
    if not request.runs and request.experiment is not None and request.evaluation is None:
        return _runs_of(find_experiment(store, request.experiment))
    run_ids: list[str] = []
    for word in request.runs:
        named = experiment_named(store, word)
        run_ids += _runs_of(named) if named is not None else [find_run(store, word).plan.run_id]
    return tuple(dict.fromkeys(run_ids))


def _runs_of(experiment: ExperimentRecord) -> tuple[str, ...]:
    if not experiment.run_ids:
        raise ConfigurationError(
            f"experiment {experiment.name!r} has no run to compare",
            "`benchwright evaluate --experiment NAME` or `benchwright experiments add NAME RUN` gives it one.",
        )
    return experiment.run_ids


def _means_an_experiment(store: Store, request: ComparisonRequest) -> bool:
    return not request.runs or any(experiment_named(store, word) is not None for word in request.runs)


def _by_version(store: Store, run_ids: Sequence[str]) -> list[list[str]]:
    """Return the runs of each benchmark version that has two candidates to compare.

    Where there is none, all runs together.
    """
    runs = [find_run(store, run_id) for run_id in run_ids]
    groups: dict[str, list[RunRecord]] = {}
    for run in runs:
        groups.setdefault(run.plan.benchmark_version, []).append(run)
    several = [group for group in groups.values() if sum(len(run.candidates) for run in group) > 1]
    return [[run.plan.run_id for run in group] for group in several or [runs]]


def _groups(store: Store, named: Sequence[str], evaluated: Sequence[str]) -> list[list[str]]:
    """Return the runs of each comparison, with stored ones before the new one."""
    if not evaluated:
        return [list(named)]
    versions = {run_id: find_run(store, run_id).plan.benchmark_version for run_id in (*named, *evaluated)}
    return [[*(old for old in named if versions[old] == versions[run_id]), run_id] for run_id in evaluated]


def refuse_unfit_runs(store: Store, run_ids: Sequence[str], benchmarks: Mapping[str, str]) -> None:
    """Check, before a token is spent, that each stored run used one of the benchmarks to be evaluated.

    Args:
        store: Where the runs are.
        run_ids: Of the stored runs.
        benchmarks: Names by version, all stored.

    Raises:
        IncomparableError: one did not; names the differences between the versions.
    """
    for run_id in run_ids:
        plan = find_run(store, run_id).plan
        if plan.benchmark_version not in benchmarks:
            version, name = next(iter(benchmarks.items()))
            differing = version_differences(store, plan.benchmark_version, version)
            raise IncomparableError(
                f"run {plan.run_id} asked {plan.benchmark_name!r} in version {plan.benchmark_version[:SHORT]}, and "
                f"{name!r} is version {version[:SHORT]}: {differing}",
                f"Evaluate on what that run asked: --benchmark {plan.benchmark_version[:SHORT]}.",
            )


def _compared(
    store: Store, request: ComparisonRequest, run_ids: Sequence[str], only: Collection[str] | None
) -> ComparisonResult:
    for run_id in run_ids:
        if has_unjudged(store, run_id):
            judge_prompts(store, run_id)
    comparison = compare_runs(store, run_ids, request, only=only)
    result = comparison_result(store, comparison, request, only=only)
    # Where it is filed, and how its runs were made, change no number, and so make no other comparison.
    stored_request = request.model_dump(mode="json", exclude_defaults=True, exclude={"experiment", "evaluation"})
    stored_request |= {"runs": list(result.run_ids)}
    save_comparison(store, request=stored_request, result=result, pairs=_pair_records(comparison, result))
    return replace(result, experiment=_filed(store, request, result.comparison_id, result.run_ids))


def _filed(store: Store, request: ComparisonRequest, comparison_id: str, run_ids: Sequence[str]) -> str | None:
    """Return the name of the experiment to which the comparison belongs.

    The named one, else the one that has all its runs.
    """
    if request.experiment is not None:
        named: ExperimentRecord | None = find_experiment(store, request.experiment)
    else:
        named = experiment_named(store, request.runs[0]) if len(request.runs) == 1 else None
    before = find_comparison(store, comparison_id).experiment_id
    experiment_id = named.experiment_id if named else before or experiment_of_runs(store, run_ids)
    if experiment_id is None:
        return None
    if experiment_id != before:
        file_comparison(store, comparison_id, experiment_id)
    return find_experiment(store, experiment_id).name


def _pair_records(comparison: Comparison, result: ComparisonResult) -> list[ComparisonPairRecord]:
    keys = {side.label: side.key for side in comparison.sides}
    uses = {each.metric.word: each.metric.use for each in (*comparison.metrics, *comparison.figures)}
    return [
        ComparisonPairRecord(metric=uses[pair.metric], a_key=keys[pair.a], b_key=keys[pair.b], result=pair)
        for pair in result.pairs
    ]
