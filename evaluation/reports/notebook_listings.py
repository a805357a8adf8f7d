"""Listings as HTML tables for notebooks: the first rows, with the columns that the terminal shows."""

from evaluation.formatting import counted, measured, size
from evaluation.reports.notebook_parts import (
    SHOWN_ROWS,
    Row,
    block,
    count,
    heading,
    html_of,
    listing,
    moment,
    number,
    page,
    paragraph,
    table,
)
from evaluation.results.catalogue_entries import MetricDetails
from evaluation.results.catalogues import (
    BenchmarkList,
    BenchmarkResult,
    EndpointList,
    ExperimentList,
    MetricList,
    ModelList,
    ProfileList,
    RecommendationList,
    ReviewList,
    SelectionModelList,
    StoredComparisonList,
)
from evaluation.results.listings import AlertList, CaseList, CaseRow, RunList, ScoreList, StageList, TrafficList


@html_of.register
def _runs(result: RunList) -> str:
    return listing(
        result,
        "run",
        lambda run: {
            "run": run.run_id,
            "status": str(run.status),
            "benchmark": run.benchmark_name,
            "started": moment(run.started_at),
            "answered": f"{run.n_ok:,}",
            "failed": f"{run.n_failed + run.n_own_failed:,}",
            "candidates": ", ".join(run.candidates),
        },
    )


@html_of.register
def _cases(result: CaseList) -> str:
    return listing(result, "row", _case_cells)


def _case_cells(row: CaseRow) -> Row:
    about = {"candidate": row.candidate, "case": row.case_id, "repeat": str(row.repeat)}
    failure = row.failure or row.own_failure or ""
    scores = {word: score.failure or number(score.value) for word, score in row.scores.items()}
    return {**about, "answer": row.answer or "", "failure": failure, **scores}


@html_of.register
def _scores(result: ScoreList) -> str:
    return listing(
        result,
        "score",
        lambda row: {
            "candidate": row.candidate,
            "case": row.case_id,
            "repeat": str(row.repeat),
            "metric": row.metric,
            "value": row.failure or number(row.value),
            "label": row.label or "",
            "rationale": row.rationale or "",
        },
    )


@html_of.register
def _stages(result: StageList) -> str:
    return listing(
        result,
        "stage",
        lambda row: {
            "candidate": row.candidate,
            "case": row.case_id,
            "repeat": str(row.repeat),
            "stage": row.stage,
            "model": row.model or "",
            "reply": row.answer,
            "failure": row.own_failure or "",
            "seconds": number(row.total_s),
            "tokens in": count(row.prompt_tokens),
            "tokens out": count(row.output_tokens),
        },
    )


@html_of.register
def _traffic(result: TrafficList) -> str:
    return listing(
        result,
        "call",
        lambda call: {
            "started": moment(call.started_at),
            "task": call.task,
            "candidate": call.candidate,
            "ended": "ok" if call.ok else call.error_type or "failed",
            "seconds": measured(call.duration_s),
            "tokens in": count(call.prompt_tokens),
            "tokens out": count(call.output_tokens),
        },
    )


@html_of.register
def _alerts(result: AlertList) -> str:
    return listing(
        result,
        "alert",
        lambda alert: {
            "alert": alert.alert_id,
            "state": alert.state,
            "severity": alert.severity,
            "rule": alert.rule,
            "since": moment(alert.began_at),
            "noticed": moment(alert.raised_at),
            "what": alert.sentence,
        },
    )


@html_of.register
def _experiments(result: ExperimentList) -> str:
    return listing(
        result,
        "experiment",
        lambda experiment: {
            "experiment": ("★ " if experiment.is_favourite else "") + experiment.name,
            "id": experiment.experiment_id[:8],
            "question": experiment.question,
            "runs": count(len(experiment.run_ids)),
            "created": moment(experiment.created_at),
            "tags": ", ".join((*experiment.tags, *(("archived",) if experiment.is_archived else ()))),
        },
    )


@html_of.register
def _models(result: ModelList) -> str:
    return listing(
        result,
        "model",
        lambda model: {
            "model": model.name + (" (retired)" if model.retired_at else ""),
            "parameters": model.parameter_size or "",
            "size": "" if model.size_bytes is None else size(model.size_bytes),
            "quantisation": model.quantization or "",
            "context": count(model.context_length),
            "capabilities": ", ".join(model.capabilities),
            "digest": model.digest[:12] if model.digest else "unverified",
            "endpoint": model.endpoint_name or "none yet",
        },
    )


@html_of.register
def _endpoints(result: EndpointList) -> str:
    return listing(
        result,
        "endpoint",
        lambda endpoint: {
            "endpoint": endpoint.name,
            "url": endpoint.url,
            "provider": endpoint.provider or "detected each time",
            "GPU tag": endpoint.gpu_tag or "from its address",
            "slots": count(endpoint.slots or 1),
            "key from": endpoint.key_variable or "",
            "price per kWh": number(endpoint.electricity_price),
            "remote models": "allowed" if endpoint.allow_remote else "refused",
        },
    )


@html_of.register
def _stored_comparisons(result: StoredComparisonList) -> str:
    return listing(
        result,
        "comparison",
        lambda comparison: {
            "comparison": comparison.comparison_id,
            "benchmark": comparison.benchmark,
            "runs": ", ".join(comparison.run_ids),
            "result": comparison.sentence or "",
            "made": moment(comparison.created_at),
        },
    )


@html_of.register
def _reviews(result: ReviewList) -> str:
    return listing(
        result,
        "review",
        lambda review: {
            "review": review.review_id,
            "benchmark": review.benchmark,
            "rated by": review.kind,
            "cases": count(review.n_items),
            "rated": count(review.n_rated),
            "raters": ", ".join(review.raters),
            "runs": ", ".join(review.run_ids),
            "made": moment(review.created_at),
            "last rating": moment(review.rated_at),
        },
    )


@html_of.register
def _benchmarks(result: BenchmarkList) -> str:
    return listing(
        result,
        "benchmark",
        lambda benchmark: {
            "benchmark": benchmark.name,
            "task": benchmark.task_type,
            "cases": count(benchmark.n_cases),
            "headline": benchmark.headline,
            "version": benchmark.version[:12],
            "source": benchmark.source,
        },
    )


@html_of.register
def _benchmark(result: BenchmarkResult) -> str:
    facts, shown = result.facts, result.cases[:SHOWN_ROWS]
    about = [facts.description, f"metrics {', '.join(facts.metrics)} (headline {facts.headline})"]
    rows = [
        {
            "case": case.case_id,
            "prompt": case.prompt or "\n".join(f"{turn.role}: {turn.content}" for turn in case.messages),
            "references": "\n".join(case.references),
        }
        for case in shown
    ]
    left = len(result.cases) - len(shown)
    more = [f"… and {left:,} more; to_frame() has all."] if left else []
    title = f"{facts.name} · {counted(facts.n_cases, 'case')} · version {facts.version[:12]}"
    return page(heading(title), paragraph([line for line in about if line]), table(rows), paragraph(more))


@html_of.register
def _metrics(result: MetricList) -> str:
    return listing(
        result,
        "metric",
        lambda metric: {
            "metric": metric.name,
            "family": metric.family,
            "unit": metric.unit,
            "better": "higher" if metric.higher_is_better else "lower",
            "needs": ", ".join(metric.needs),
            "what it is": metric.summary,
        },
    )


@html_of.register
def _metric(result: MetricDetails) -> str:
    facts = result.facts
    about = {
        "formula": result.formula,
        "unit": facts.unit,
        "better": "higher" if facts.higher_is_better else "lower",
        "needs": ", ".join(facts.needs),
        "source": result.source,
        "blind spots": result.blind_spots,
        "signature": result.signature,
    }
    options = [{"option": each.name, "type": each.type, "meaning": each.meaning} for each in result.options]
    return page(
        heading(f"{facts.name} · {facts.family}"),
        paragraph([f"{name}: {text}" for name, text in about.items() if text]),
        table(options),
        block("description", result.docstring),
    )


@html_of.register
def _profiles(result: ProfileList) -> str:
    return listing(
        result,
        "profile",
        lambda profile: {
            "profile": profile.name,
            "hash": profile.hash[:12],
            "system": profile.system or "",
            "template": profile.template,
            "examples": count(len(profile.examples)),
            "source": profile.source,
        },
    )


@html_of.register
def _recommendations(result: RecommendationList) -> str:
    return listing(
        result,
        "recommendation",
        lambda record: {
            "recommendation": record.recommendation_id,
            "made": moment(record.created_at),
            "task": record.task or "",
            "candidate": record.candidate_label or "none",
            "decided by": record.decided_by,
            "reason": record.reason,
            "quality": number(record.quality),
            "seconds": number(record.latency_s),
            "useful": "" if record.ok is None else "yes" if record.ok else "no",
        },
    )


@html_of.register
def _selection_models(result: SelectionModelList) -> str:
    return listing(
        result,
        "selection model",
        lambda model: {
            "model": f"{model.kind} {model.version}",
            "id": model.model_id[:12],
            "status": model.status,
            "made": moment(model.created_at),
        },
    )
