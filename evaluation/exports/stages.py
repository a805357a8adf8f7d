"""Stages of pipelines as rows, with one page of cases in memory at a time."""

from collections.abc import Iterator
from dataclasses import fields

from evaluation.exports.answers import Row, candidates_of
from evaluation.exports.filters import Filters
from evaluation.outcome_fields import KINDS, flat_values
from evaluation.passage import Passage
from evaluation.pipelines.stages import Passages
from evaluation.records.runs import RunRecord
from evaluation.records.stages import StageRow
from evaluation.store.session import Store
from evaluation.store.stage_pages import iterate_stages
from evaluation.store.stage_rows import load_stages

OF_A_STAGE = (
    "run_id", "benchmark", "benchmark_version", "candidate", "fingerprint", "case_id", "repeat", "position", "stage",
    "kind", "model", "digest", "endpoint", "request_hash", *KINDS, "mean_logprob", "passages", "started_at",
    "finished_at",
)  # fmt: skip
_OF_A_PASSAGE = tuple(each.name for each in fields(Passage) if each.name != "text")


def stage_rows(store: Store, run: RunRecord, filters: Filters) -> Iterator[Row]:
    """Yield a row for each stage of a run's pipelines, by candidate, case and repeat, in the order of asking."""
    for candidate, label in candidates_of(run, filters):
        about = {
            "run_id": run.plan.run_id,
            "benchmark": run.plan.benchmark_name,
            "benchmark_version": run.plan.benchmark_version,
            "candidate": label,
            "fingerprint": candidate.plan.candidate_fingerprint,
        }
        for stage in _stages(store, candidate.run_candidate_id, filters):
            yield about | _row(stage)


def _stages(store: Store, run_candidate_id: int, filters: Filters) -> Iterator[StageRow]:
    if not filters.cases:
        return iterate_stages(store, run_candidate_id)
    stages = load_stages(store, run_candidate_id, list(dict.fromkeys(filters.cases)))
    return (stage for place in sorted(stages) for stage in stages[place])


def _row(stage: StageRow) -> Row:
    passages = stage.reply.passages if isinstance(stage.reply, Passages) else None
    return {
        **flat_values(stage.generation),
        "case_id": stage.case_id,
        "repeat": stage.repeat,
        "position": stage.position,
        "stage": stage.name,
        "kind": stage.kind,
        "model": stage.model,
        "digest": stage.digest,
        "endpoint": stage.endpoint,
        "request_hash": stage.request_hash,
        "mean_logprob": stage.generation.mean_logprob,
        "passages": None if passages is None else [_passage(passage) for passage in passages],
        "started_at": stage.started_at,
        "finished_at": stage.finished_at,
    }


def _passage(passage: Passage) -> Row:
    return {name: getattr(passage, name) for name in _OF_A_PASSAGE}
