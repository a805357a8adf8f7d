"""The page of one recommendation: what was asked, the answer, how sure it is, why no other, what would change it."""

import re
from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, filled, table_of
from deployments.cli.arguments import open_stored
from evaluation.errors import BenchwrightError, as_sentence
from evaluation.formatting import excerpt, score, seconds
from evaluation.records.selection import RecommendationRecord
from evaluation.store.comparisons import comparison_summaries
from evaluation.store.evidence_runs import EvidenceRun, runs_that_asked
from evaluation.store.policies import list_policies
from evaluation.store.recommendations import find_recommendation
from evaluation.store.selection_models import find_model
from evaluation.store.session import Store
from selection.decisions.decision_rows import past_of
from selection.pages.scoreboard import NOT_OF_ONE_RUN
from selection.pages.stored_recommendation import (
    beaten_rows,
    change_lines,
    figure_rows,
    left_out_line,
    question_rows,
    reading_lines,
    ruled_out_rows,
    sureness_lines,
)
from selection.preferences import OnLittleEvidence, Question
from selection.recommender.answer import chosen
from selection.recommender.registry import recommender_of

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_RUNS, MOST_COMPARISONS = 10, 5
REPORTED = ("Reported quality", "Reported latency", "Useful")
"""Columns of what came of a recommendation."""
_VERSION = re.compile(r" (\d{1,9}) \([^()]*\)$")
"""Version of a selection model in a name such as `ridge 7 (3f2a9c)`."""
_POLICY = "policy "


@router.get("/recommendations/{recommendation}")
def recommendation(request: Request, recommendation: str) -> Response:
    """Say what was asked, who was recommended, how sure that is, why none of the others, and what would change it."""
    with open_stored(None) as store:
        record = find_recommendation(store, recommendation)
        sections = filled(*_sections(store, record))
    return section_page(
        request,
        excerpt(record.candidate_label or "Nobody", 200),
        sections,
        up=Link(text="Recommendation", address="/recommendations"),
        about=f"{record.recommendation_id} · {record.task or 'all tasks'} · decided by {record.decided_by}",
        lead=record.reason,
        choices=(
            Link(text="Scoreboard now", address="/scoreboard"),
            Link(text="Other recommendations", address=address("/recommendations", task=record.task)),
        ),
    )


def _sections(store: Store, record: RecommendationRecord) -> Iterator[Section]:
    runs = _runs(store, record)
    yield Section(
        title="What was asked",
        table=Table(
            label="What was asked",
            columns=("Asked", "Value"),
            rows=(*question_rows(record), ("Decided by", _decider(store, record)), *_policies(store, record)),
        ),
        lines=() if record.prompt is None else (f"Asked for the prompt: {record.prompt}",),
    )
    yield Section(
        title="The answer",
        table=table_of("Expected figures", figure_rows(record)),
        after=(NOT_OF_ONE_RUN,) if record.expected.get("quality") else (),
    )
    yield Section(title="How sure", lines=tuple(sureness_lines(record)), after=tuple(_notes(record)))
    yield Section(
        title="Who met the limits",
        table=table_of("Who met the limits", beaten_rows(record)),
        after=tuple(reading_lines(record)),
    )
    yield Section(
        title="Who was ruled out",
        table=table_of("Who was ruled out", ruled_out_rows(record)),
        lines=() if record.details.get("removed") else ("Nobody.",),
        after=tuple(line for line in (left_out_line(record),) if line),
    )
    yield Section(title="What would change the answer", lines=(*change_lines(record), *_asked_now(store, record)))
    yield _evidence(store, record, runs)
    yield Section(
        title="What came of it",
        table=Table(label="Outcome", columns=REPORTED, rows=(outcome_cells(record),))
        if record.reported_at is not None
        else None,
        lines=() if record.reported_at is not None else ("Nobody has reported it.",),
    )


def outcome_cells(record: RecommendationRecord) -> tuple[Cell, ...]:
    """Return what was reported of a recommendation, under the columns `REPORTED`."""
    return (
        None if record.quality is None else score(record.quality),
        None if record.latency_s is None else seconds(record.latency_s),
        None if record.ok is None else "yes" if record.ok else "no",
    )


def _notes(record: RecommendationRecord) -> list[str]:
    return [f"Note: {as_sentence(note)}" for note in record.details.get("notes", [])]


def _decider(store: Store, record: RecommendationRecord) -> Cell:
    """Return who decided, with where its page is."""
    decided_by = record.decided_by
    if decided_by.startswith(_POLICY):
        return Link(text=decided_by, address=f"/policies/{decided_by.removeprefix(_POLICY)}")
    if decided_by in ("scoreboard", "rules"):
        return Link(text=f"the {decided_by}, no selection model", address="/selection-models")
    version = _VERSION.search(decided_by)
    try:
        model = None if version is None else find_model(store, int(version[1]))
    except BenchwrightError:
        model = None
    if model is None:
        return decided_by
    return Link(text=f"selection model {decided_by}", address=f"/selection-models/{model.version}")


def _policies(store: Store, record: RecommendationRecord) -> list[tuple[Cell, ...]]:
    """Return a row for each policy that stands for the candidate, which the recommendation may have decided."""
    rows: list[tuple[Cell, ...]] = []
    for policy in list_policies(store):
        if policy.recommendation_id == record.recommendation_id:
            words = f"{policy.name}, since this recommendation"
        elif policy.candidate_key == record.candidate_key and policy.task == record.task:
            words = f"{policy.name}, which stands for the same candidate"
        else:
            continue
        rows.append(("Policy that runs it", Link(text=words, address=f"/policies/{policy.name}")))
    return rows or [("Policy that runs it", "none")]


def _runs(store: Store, record: RecommendationRecord) -> tuple[EvidenceRun, ...]:
    keys = [record.candidate_key, *(each.get("key") for each in record.alternatives)]
    candidate_keys = [key for key in keys if key]
    return runs_that_asked(store, task=record.task, keys=candidate_keys, until=record.created_at, limit=MOST_RUNS)


def _evidence(store: Store, record: RecommendationRecord, runs: Sequence[EvidenceRun]) -> Section:
    """Return the runs and comparisons behind a recommendation."""
    compared = {
        each.comparison_id: each
        for run in runs[:MOST_COMPARISONS]
        for each in comparison_summaries(store, limit=MOST_COMPARISONS, run_id=run.run_id)
    }
    rows = tuple(
        (Link(text=run.run_id[:8], address=f"/runs/{run.run_id}"), run.benchmark, run.n_candidates, run.created_at)
        for run in runs
    )
    return Section(
        title="What it rests on" if rows else "",
        table=Table(label="Runs behind it", columns=("Run", "Benchmark", "Of these candidates", "Begun"), rows=rows),
        links=tuple(
            Link(
                text=f"Comparison: {each.sentence or each.comparison_id}", address=f"/comparisons/{each.comparison_id}"
            )
            for each in list(compared.values())[:MOST_COMPARISONS]
        ),
        after=(
            f"The newest runs of the task until then, at most {MOST_RUNS}; evidence {record.evidence_fingerprint[:8]}.",
        )
        if rows
        else (),
    )


def _asked_now(store: Store, record: RecommendationRecord) -> list[str]:
    """Return who would be named today for the same question; a question with a prompt is not asked again."""
    if record.prompt_hash is not None:
        return ["Another prompt may have another answer, where a selection model decides."]
    decision = past_of(record)
    on_little_evidence: OnLittleEvidence = record.details.get("on_little_evidence") or "abstain"
    question = Question(
        constraints=decision.constraints,
        on_little_evidence=on_little_evidence,
        on_tie=decision.on_tie,
        task=decision.task,
        tolerance=decision.tolerance,
        weights=decision.weights,
    )
    try:
        now = chosen(recommender_of(store.url).view(), question)
    except BenchwrightError as error:
        return [f"Asked again now: {error.message}"]
    named = now.choice.chosen
    if named is not None and named.key == record.candidate_key:
        return ["Asked again now, with all that is measured by today: the same candidate."]
    return [f"Asked again now, with all that is measured by today: {now.reason}"]
