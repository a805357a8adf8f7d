"""The result of a run, the source of `--json`, `show` and the artifacts."""

from collections.abc import Mapping, Sequence

from evaluation.errors import FailureKind
from evaluation.fingerprint import canonical_json
from evaluation.metrics.classification import ClassTable, LabelledMetric, classification_report
from evaluation.metrics.parsing import metric_of
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.records.candidates import MetricUse
from evaluation.records.labels import unique_labels
from evaluation.records.metric_keys import headline_key, metric_keys
from evaluation.records.runs import CORPUS, INDEX, RunCandidateRecord, RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.records.status import Status
from evaluation.results.estimates import MetricEstimate
from evaluation.results.runs import (
    CandidateResult,
    EnergyResult,
    InvocationResult,
    MetricMean,
    MetricResult,
    RunInFull,
    RunResult,
)
from evaluation.retrieval.left_out import CorpusSummary, summary_from
from evaluation.run_results.alarms import Findings, find_alarms
from evaluation.run_results.failure_examples import failure_examples
from evaluation.run_results.index_results import indexes_of
from evaluation.run_results.judges.report import judging_report
from evaluation.run_results.run_figures import run_figures
from evaluation.run_results.stage_results import stage_totals
from evaluation.store.annotations import annotations
from evaluation.store.benchmarks import task_types
from evaluation.store.energies import EnergyTotal
from evaluation.store.experiments import experiments_of_run
from evaluation.store.gpu_samples import gpu_summary
from evaluation.store.plans import run_flows
from evaluation.store.run_cases import run_case_ids
from evaluation.store.runs import find_run, runs_of_invocation
from evaluation.store.scores import iterate_scores, load_estimates
from evaluation.store.session import Store


def class_tables(store: Store, run_id: str) -> dict[str, ClassTable]:
    """Return the class table of each candidate, by its label; empty where no metric records the classes."""
    run = find_run(store, run_id)
    labelled = (use for use in run.plan.metrics if isinstance(metric_of(use.name, use.signature), LabelledMetric))
    signature = next((use.signature for use in labelled), None)
    if signature is None:
        return {}
    labels = unique_labels(run)
    tables = {
        labels[candidate.run_candidate_id]: classification_report(
            [score.measurement for score in iterate_scores(store, candidate.run_candidate_id, signature)]
        )
        for candidate in run.candidates
    }
    return {label: table for label, table in tables.items() if table.n_rows}


def _energy(total: EnergyTotal | None) -> EnergyResult | None:
    """Return the energy in J of a candidate's answers; None where none was measured.

    The energy per answer and per right answer, with their intervals, are metrics: `energy_j` and `energy_per_right_j`.
    """
    if total is None:
        return None
    return EnergyResult(n_answers=total.n_measured, total_j=total.energy_j, mean_j=total.energy_j / total.n_measured)


_WORST_FIRST = (
    Status.FAILED,
    Status.CANCELLED,
    Status.INTERRUPTED,
    Status.RUNNING,
    Status.PLANNED,
    Status.COMPLETED,
)


def worst_status(statuses: Sequence[str]) -> Status:
    """Return the combined status of several runs, the worst one."""
    return next((status for status in _WORST_FIRST if status in statuses), Status.PLANNED)


def invocation_result(store: Store, invocation_id: str) -> InvocationResult:
    """Return the runs of an invocation, with the worst of their statuses."""
    runs = tuple(result_of(store, run) for run in runs_of_invocation(store, invocation_id))
    return InvocationResult(status=worst_status([run.status for run in runs]), invocation_id=invocation_id, runs=runs)


def run_result(store: Store, run_id: str) -> RunResult:
    """Return the result of one run: its description, its candidates, their counts and their unrounded numbers.

    Args:
        store: Where the run is.
        run_id: Its id, a prefix of one, or `last`.

    Raises:
        UnknownNameError: there is none.
    """
    return result_of(store, find_run(store, run_id))


def result_of(store: Store, run: RunRecord) -> RunResult:
    """Return the result of a run that was read before."""
    plan = run.plan
    run_id = plan.run_id
    gpus = gpu_summary(store, plan.invocation_id)
    figures = run_figures(store, run, has_energy=bool(gpus))
    estimates: dict[int, list[EstimateRow]] = {}
    for row in load_estimates(store, run_id):
        estimates.setdefault(row.run_candidate_id, []).append(row)
    failed = [use for record in run.candidates for use, _ in figures[record.run_candidate_id].score_failures]
    others = [row.metric for rows in estimates.values() for row in rows]
    keys = metric_keys(plan.metrics, [*others, *failed])
    labels = unique_labels(run)
    uses = [*plan.metrics, *others, *failed]
    findings = Findings(
        run=run,
        words={use: keys[use.signature] for use in uses if use in plan.metrics or use.name not in SPEED_METRICS},
        labels=labels,
        figures=figures,
        estimates=estimates,
    )
    return RunResult(
        run_id=plan.run_id,
        invocation_id=plan.invocation_id,
        status=run.status,
        reason=run.reason,
        benchmark=plan.benchmark_name,
        benchmark_version=plan.benchmark_version,
        task_type=task_types(store, [plan.benchmark_version]).get(plan.benchmark_version),
        headline=headline_key(run, keys),
        metrics=measured(run, keys),
        alarms=find_alarms(store, findings),
        seed=plan.seed,
        n_repeats=plan.n_repeats,
        limit=plan.limit,
        n_cases=plan.n_cases,
        code_version=plan.code_version,
        tags=tuple(plan.tags),
        started_at=run.started_at,
        finished_at=run.finished_at,
        flow_run_ids=run_flows(store, run_id),
        gpus=gpus,
        judging=judging_report(store, run, _uses(keys, run, others)),
        candidates=tuple(_candidate(findings, record, keys) for record in run.candidates),
        corpora=_corpora(run),
        indexes=indexes_of(store, run),
    )


def run_in_full(store: Store, run_id: str) -> RunInFull:
    """Return one run with everything that `show` adds to its results."""
    return RunInFull(
        run=run_result(store, run_id),
        failures=failure_examples(store, run_id),
        classes=class_tables(store, run_id),
        experiments=experiments_of_run(store, run_id),
        annotations=tuple(annotations(store, run_ids=[run_id])),
        case_ids=tuple(case_id for page in run_case_ids(store, run_id) for case_id in page),
    )


def _uses(keys: Mapping[str, str], run: RunRecord, others: Sequence[MetricUse]) -> list[MetricUse]:
    """Return every metric by which the run was scored, each once."""
    uses = {use.signature: use for use in (*run.plan.metrics, *others)}
    return [uses[signature] for signature in keys if signature in uses]


def measured(run: RunRecord, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the signatures of the run's own metrics and of those that scored it later, by key."""
    planned = {use.signature for use in run.plan.metrics}
    return {
        key: signature
        for signature, key in keys.items()
        if signature in planned or (key != signature and key not in SPEED_METRICS)
    }


def _candidate(findings: Findings, record: RunCandidateRecord, keys: Mapping[str, str]) -> CandidateResult:
    plan, row_id = record.plan, record.run_candidate_id
    figures = findings.figures[row_id]
    counts = figures.counts
    return CandidateResult(
        label=findings.labels[row_id],
        model=plan.model_name,
        digest=plan.digest,
        fingerprint=plan.candidate_fingerprint,
        options=dict(plan.options),
        endpoint=plan.endpoint_name,
        endpoint_url=plan.endpoint_url,
        provider=plan.provider,
        server_version=plan.server_version,
        status=record.status,
        given_up_reason=record.given_up_reason,
        n_cases=findings.run.plan.n_cases,
        n_ok=counts.n_ok + counts.n_own_failed,
        n_failed=counts.n_failed,
        n_reused=counts.n_reused,
        n_cached=counts.n_cached,
        vram_share=counts.vram_share,
        failures=_by_kind(counts.failures),
        own_failures=_by_kind(counts.own_failures),
        metrics=_metrics(findings.estimates.get(row_id, ()), keys),
        details={name: value for name, value in plan.details.items() if name not in (CORPUS, INDEX)},
        score_failures={keys[use.signature]: kinds for use, kinds in figures.score_failures},
        n_scored={keys[use.signature]: n for use, n in figures.n_scored if use.signature in keys},
        endpoints=figures.n_by_endpoint,
        energy=_energy(figures.energy),
        stages=stage_totals(figures.stages),
    )


def _corpora(run: RunRecord) -> tuple[CorpusSummary, ...]:
    """Return what is stored of each corpus of the run's candidates, each once."""
    stored = (record.plan.details.get(CORPUS) for record in run.candidates)
    by_text = {canonical_json(fields): fields for fields in stored if fields is not None}
    return tuple(summary_from(fields) for fields in by_text.values())


def _by_kind(kinds: Mapping[FailureKind, int]) -> dict[str, int]:
    return {str(kind): count for kind, count in sorted(kinds.items()) if count}


def _metrics(rows: Sequence[EstimateRow], keys: Mapping[str, str]) -> dict[str, MetricResult]:
    """Return each metric's mean with its interval, with the metric's other quantities beside it."""
    means: dict[str, MetricMean] = {}
    quantities: dict[str, dict[str, MetricEstimate]] = {}
    for row in sorted(rows, key=lambda row: row.quantity != "mean"):
        signature = row.metric.signature
        word = keys[signature]
        if word in means and means[word].signature != signature:  # a cost by another price
            word = signature
        of_metric = quantities.setdefault(word, {})
        if row.quantity == "mean":
            means[word] = _mean(row)
        else:
            of_metric[row.quantity] = MetricEstimate.of(row.estimate)
    return {word: MetricResult(mean=means.get(word), quantities=beside) for word, beside in quantities.items()}


def _mean(row: EstimateRow) -> MetricMean:
    estimate = row.estimate
    return MetricMean(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n_cases=estimate.n_cases,
        method=estimate.method,
        signature=row.metric.signature,
    )
