"""A comparison as its result: what `--json`, the terminal, the artifacts and the store are all made of."""

from dataclasses import fields, replace

from evaluation.comparisons.compared import ComparedPair, Comparison, MetricComparison
from evaluation.comparisons.members import Member
from evaluation.comparisons.sentences import sentences
from evaluation.comparisons.sides import Side
from evaluation.fingerprint import fingerprint
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult, GateResult, MetricComparisonResult
from evaluation.results.estimates import MetricEstimate
from evaluation.results.pairs import PairNumbers, PairResult
from evaluation.results.sides import MemberResult, SideResult
from evaluation.stats.pair_comparison import PairComparison
from evaluation.store.benchmarks import find_benchmark
from evaluation.store.session import Store
from evaluation.version import code_version


def comparison_result(store: Store, comparison: Comparison, request: ComparisonRequest) -> ComparisonResult:
    """Return the comparison in full: quality first, the headline's metrics and pairs before all.

    Args:
        store: Where the benchmark is.
        comparison: What was found.
        request: What was asked for.
    """
    plan = comparison.members[0].run.plan
    benchmark = find_benchmark(store, plan.benchmark_version)
    headline = comparison.headline
    run_ids = tuple(dict.fromkeys(member.run_id for member in comparison.members))
    metrics = (*comparison.metrics, *comparison.figures)
    result = ComparisonResult(
        comparison_id=_comparison_id(request, run_ids, comparison),
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


def _comparison_id(request: ComparisonRequest, run_ids: tuple[str, ...], comparison: Comparison) -> str:
    """Return the same for the same question to the same runs, however worded and however many cases are shown."""
    margin = request.read_margin()
    return fingerprint(
        {
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
