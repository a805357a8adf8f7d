"""Have a judge grade calls in production, each once, and store every grade as soon as it is there."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.case import Case, Message
from evaluation.formatting import counted
from evaluation.generation import Generation
from evaluation.metrics.guarded_calls import measured, requested
from evaluation.metrics.metric import Metric
from evaluation.records.candidates import MetricUse
from evaluation.records.traffic_grades import GradableCall, TrafficGrade
from evaluation.scores import Measurement, ScoreFailure
from evaluation.scoring.backend_scoring import AT_ONCE, SAVED_AFTER_S, SAVED_EVERY, limited, patient
from evaluation.scoring.metric_backends.dispatch import Answerers, all_answers
from evaluation.store.session import Store
from evaluation.store.traffic_grades import load_gradable, save_grades

NO_GRADE = ScoreFailure(kind="no_grade", message="the metric has no value for this call")
MOST_SHOWN_CHARACTERS = 4_000
"""Characters of turns around the question that a judge sees, the newest, and as many of documents."""
_LOADED_AT_ONCE = 500
"""Calls whose texts are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeCounts:
    """Counts of the grades that were asked for now."""

    n_graded: int
    n_failed: int


async def grade_calls(
    store: Store,
    row_ids: Sequence[int],
    metric: Metric,
    answerers: Answerers,
    *,
    flow_run_id: str,
) -> GradeCounts:
    """Grade calls and store the grades; what is stored when this is ended stays.

    Args:
        store: Store of the calls.
        row_ids: Rows of the calls.
        metric: A judge's metric, bound to its model.
        answerers: What answers its requests.
        flow_run_id: Flow run that asks, stored with each grade.
    """
    n_graded = n_failed = 0
    for start in range(0, len(row_ids), _LOADED_AT_ONCE):
        page = row_ids[start : start + _LOADED_AT_ONCE]
        calls = await patient(lambda: load_gradable(store, page))  # noqa: B023 - awaited at once
        grades: list[TrafficGrade] = []
        saved_at = time.monotonic()
        works = (_grade(call, metric, answerers, flow_run_id) for call in calls)
        try:
            async for grade in limited(works, AT_ONCE):
                grades.append(grade)
                n_graded += isinstance(grade.measurement, Measurement)
                n_failed += isinstance(grade.measurement, ScoreFailure)
                if len(grades) >= SAVED_EVERY or time.monotonic() - saved_at >= SAVED_AFTER_S:
                    saving, grades, saved_at = grades, [], time.monotonic()
                    await _saved(store, saving)
        finally:  # who ends us early keeps what there is
            await asyncio.shield(_saved(store, grades))
    return GradeCounts(n_graded=n_graded, n_failed=n_failed)


async def _grade(call: GradableCall, metric: Metric, answerers: Answerers, flow_run_id: str) -> TrafficGrade:
    case = _case(call)
    generations = (Generation(answer=call.output, text=call.output),)
    requests = requested(metric, case, generations)
    if isinstance(requests, ScoreFailure):
        measurement: Measurement | ScoreFailure | None = requests
    else:
        measurement = measured(metric, case, generations, await all_answers(answerers, requests))
    return TrafficGrade(
        row_id=call.row_id,
        metric=MetricUse(name=metric.name, signature=metric.signature),
        scorer_version=metric.scorer_version,
        flow_run_id=flow_run_id,
        measurement=NO_GRADE if measurement is None else measurement,
    )


def _case(call: GradableCall) -> Case:
    """Return a call as what a judge sees: its question, and what stood around it."""
    if call.context is None:
        return Case(case_id=call.call_id, prompt=call.input)
    context = call.context.within(MOST_SHOWN_CHARACTERS)
    turns = [(turn.role, turn.text) for turn in context.before]
    if context.n_before_left_out:
        turns.insert(0, ("note", f"{counted(context.n_before_left_out, 'earlier message')} left out here"))
    turns += [("user", call.input), *((turn.role, turn.text) for turn in context.after)]
    n_more = context.n_documents_left_out
    return Case(
        case_id=call.call_id,
        prompt=call.input,
        messages=tuple(Message(role=role, content=text) for role, text in turns) if len(turns) > 1 else (),
        context=(*context.documents, *([f"{counted(n_more, 'further document')} left out here"] if n_more else [])),
        choices=context.choices,
    )


async def _saved(store: Store, grades: list[TrafficGrade]) -> None:
    if grades:
        await patient(lambda: save_grades(store, grades))
