"""The answers of a stored cascade on either side of its threshold, with their figures. Nothing is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError, StoreError
from evaluation.generation import Generation
from evaluation.metrics.cost import CostUsd, cost_metric
from evaluation.outcome_fields import TEXTS
from evaluation.pipelines.cascade import ESCALATED, Cascade
from evaluation.pipelines.cascade_replay import CascadeReplay, CascadeSide, StoredInput, replay
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.pipeline import PipelineResult
from evaluation.pipelines.stages import ModelReply
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.records.stages import StageRow, ended_as_its_reply, summed
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.prices import PriceTable, price_of
from evaluation.results.cascade_curves import COST_FIGURES
from evaluation.run_results.cascade_figures import (
    Figures,
    Numbers,
    Prices,
    Sides,
    chat_figures,
    figures_of_answer,
    without_rows,
)
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.outcomes import load_outcomes
from evaluation.store.plans import find_invocation
from evaluation.store.registry import find_candidate, find_candidates
from evaluation.store.run_cases import run_case_ids
from evaluation.store.session import Store
from evaluation.store.stage_columns import ChatColumns, StoredEnd, load_chats, load_ends
from evaluation.store.stage_rows import load_stages

CaseKey = tuple[str, int]
"""Case id, and repeat from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeAnswer:
    """One repeat of a case of a cascade."""

    case: Case
    repeat: int
    is_measured: bool
    """Whether the small model's part is there."""
    signal: float | None
    """None: the case is escalated at every threshold."""
    has_failed: bool
    """A server failed on it: a side that is not there is lost, and was not left unasked."""
    small: Generation | None
    """The answer below the threshold. Its texts and how it ended; its figures only where they were asked for."""
    large: Generation | None
    scored: Generation | None
    """The answer of the run itself, which its metrics scored; None where a server failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeAnswers:
    """The stored answers of a cascade, by case and repeat, with the costs of each."""

    answers: tuple[CascadeAnswer, ...]
    figures: Mapping[str, Sides]
    """Each cost on either side; NaN where it is not known."""
    large_alone: Figures
    """Each cost of the larger model's stage alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of a run's cases."""

    benchmark: Benchmark
    """Without its cases."""
    cases: Mapping[str, Case]
    """By id, in the order of the run."""


def cascades_of(store: Store, run: RunRecord) -> list[tuple[RunCandidateRecord, Cascade]]:
    """Return the run's candidates that are cascades, without those of another version."""
    stored = find_candidates(store, {record.plan.candidate_fingerprint for record in run.candidates})
    cascades = ((record, _cascade(stored.get(record.plan.candidate_fingerprint))) for record in run.candidates)
    return [(record, cascade) for record, cascade in cascades if cascade is not None]


def _cascade(candidate: Candidate | None) -> Cascade | None:
    if candidate is None or candidate.pipeline is None or candidate.pipeline.name != Cascade.name:
        return None
    pipeline = parse_pipeline(Cascade.name, candidate.pipeline.options, may_name_a_file=False)
    is_same = isinstance(pipeline, Cascade) and pipeline.signature == candidate.pipeline.signature
    return pipeline if is_same and isinstance(pipeline, Cascade) else None


def prices_of(store: Store, run: RunRecord) -> PriceTable:
    """Return the prices with which a run was made; empty where it had none, or they were not stored."""
    invocation = find_invocation(store, run.plan.invocation_id)
    if invocation is None:
        return PriceTable()
    try:
        return read_request(invocation.request, source="the stored request").price_table()
    except ConfigurationError:
        return PriceTable()


def case_pages(store: Store, run: RunRecord) -> tuple[CasePage, ...]:
    """Return a run's cases, in pages, which all of its cascades share."""
    plan, pages = run.plan, []
    for case_ids in run_case_ids(store, plan.run_id):
        benchmark = load_benchmark_version(store, plan.benchmark_version, plan.benchmark_name, case_ids=case_ids)
        cases = {case.case_id: case for case in benchmark.cases}
        pages.append(CasePage(benchmark=replace(benchmark, cases=()), cases=cases))
    return tuple(pages)


def cascade_answers(
    store: Store,
    run: RunRecord,
    record: RunCandidateRecord,
    cascade: Cascade,
    pages: Sequence[CasePage],
    *,
    with_figures: bool = False,
) -> CascadeAnswers:
    """Return every stored outcome of a cascade on either side of its threshold, by case and repeat.

    Args:
        store: The store.
        run: The run.
        record: The cascade among its candidates.
        cascade: Its options.
        pages: The run's cases.
        with_figures: Whether each answer has the sums of its stages, for a metric that reads more than the text.
    """
    candidate = find_candidate(store, record.plan.candidate_fingerprint)
    if candidate is None:
        raise StoreError(f"{store.shown_url} does not hold candidate {record.plan.candidate_fingerprint!r} of the run")
    table = prices_of(store, run)
    reading = _Reading(
        store=store,
        row_id=record.run_candidate_id,
        cascade=cascade,
        prices={name: _price(table, name) for name in (record.plan.model_name, *candidate.pipeline_models)},
        with_figures=with_figures,
    )
    parts = []
    for page in pages:
        task = StoredInput(
            case=next(iter(page.cases.values())),
            benchmark=page.benchmark,
            profile=candidate.profile,
            options=record.plan.options,
        )
        parts.append(reading.page(page, task))
    return _in_order(parts)


def _price(table: PriceTable, model: str) -> CostUsd | None:
    price = price_of(table, model)
    return cost_metric(None if price is None else price.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Reads the answers of one cascade."""

    store: Store
    row_id: int
    cascade: Cascade
    prices: Prices
    with_figures: bool

    def page(self, page: CasePage, task: StoredInput) -> CascadeAnswers:
        case_ids = list(page.cases)
        ends = load_ends(self.store, self.row_id, case_ids)
        chats = load_chats(self.store, self.row_id, case_ids)
        replies = _replies(chats)
        replays = [
            replay(
                self.cascade, replace(task, case=page.cases[end.case_id]), replies.get((end.case_id, end.repeat), {})
            )
            for end in ends
        ]
        answers = tuple(
            self._answer(page.cases[end.case_id], end, replayed, replies.get((end.case_id, end.repeat), {}))
            for end, replayed in zip(ends, replays, strict=True)
        )
        return self._complete(answers, chats, ends)

    def _answer(
        self, case: Case, end: StoredEnd, replayed: CascadeReplay, replies: Mapping[str, ModelReply]
    ) -> CascadeAnswer:
        return CascadeAnswer(
            case=case,
            repeat=end.repeat,
            is_measured=replayed.is_measured,
            signal=replayed.signal,
            has_failed=end.answer is None,
            small=_answer_of(replayed.small, replies),
            large=_answer_of(replayed.large, replies),
            scored=end.answer,
        )

    def _complete(
        self, answers: tuple[CascadeAnswer, ...], chats: ChatColumns, ends: Sequence[StoredEnd]
    ) -> CascadeAnswers:
        """Return the answers with their costs."""
        places = {(end.case_id, end.repeat): place for place, end in enumerate(ends)}
        place = np.array([places.get(key, -1) for key in zip(chats.case_ids, chats.repeats, strict=True)], dtype=int)
        is_reused = np.array([end.is_reused for end in ends], dtype=bool)
        of_large = np.array([name == ESCALATED for name in chats.names], dtype=bool)
        costs = {
            side: chat_figures(chats, place, rows, is_reused=is_reused, prices=self.prices)
            for side, rows in (("small", ~of_large), ("large", np.ones_like(of_large)), ("alone", of_large))
        }
        has_small = np.array([answer.small is not None for answer in answers], dtype=bool)
        has_large = np.array([answer.large is not None for answer in answers], dtype=bool)
        small, large = without_rows(costs["small"], ~has_small), without_rows(costs["large"], ~has_large)
        own = self._failed_by_itself(answers)
        answers = tuple(own.get(place, answer) for place, answer in enumerate(answers))
        for place_of_own, answer in own.items():  # the pipeline itself failed, at any threshold
            for name, value in figures_of_answer(answer.scored, costs["large"]["cost_usd"][place_of_own]).items():
                small[name][place_of_own] = large[name][place_of_own] = value
        if self.with_figures:
            answers = tuple(self._with_figures(answers, is_reused.tolist()))
        return CascadeAnswers(
            answers=answers,
            figures={name: Sides(small=small[name], large=large[name]) for name in small},
            large_alone=without_rows(costs["alone"], ~has_large),
        )

    def _failed_by_itself(self, answers: Sequence[CascadeAnswer]) -> dict[int, CascadeAnswer]:
        """Return the answers of cases that the pipeline itself failed on, with all their figures, by their place."""
        places = [place for place, each in enumerate(answers) if not each.is_measured and each.scored is not None]
        case_ids = sorted({answers[place].case.case_id for place in places})
        stored = {
            (outcome.row.case_id, outcome.row.repeat): outcome.row.outcome
            for outcome in (load_outcomes(self.store, self.row_id, case_ids) if case_ids else ())
        }
        own = {}
        for place in places:
            answer = answers[place]
            generation = stored[answer.case.case_id, answer.repeat]
            if isinstance(generation, Generation):
                own[place] = replace(answer, small=generation, large=generation, scored=generation)
        return own

    def _with_figures(self, answers: Sequence[CascadeAnswer], is_reused: Sequence[bool]) -> Iterator[CascadeAnswer]:
        """Yield the answers with the sums of their stages, as a run would have stored them."""
        stages = load_stages(self.store, self.row_id, list(dict.fromkeys(answer.case.case_id for answer in answers)))
        for answer, reused in zip(answers, is_reused, strict=True):
            if not answer.is_measured:
                yield answer
                continue
            rows = [_marked(row, is_reused=reused) for row in stages.get((answer.case.case_id, answer.repeat), ())]
            of_small = [row for row in rows if row.name != ESCALATED]
            yield replace(answer, small=_with_sums(answer.small, of_small), large=_with_sums(answer.large, rows))


def _replies(chats: ChatColumns) -> dict[CaseKey, dict[str, ModelReply]]:
    """Return the replies of each case and repeat, by the names of their stages."""
    replies: dict[CaseKey, dict[str, ModelReply]] = {}
    for case_id, repeat, name, reply in zip(chats.case_ids, chats.repeats, chats.names, chats.replies, strict=True):
        replies.setdefault((case_id, repeat), {})[name] = reply
    return replies


def _answer_of(side: CascadeSide | None, replies: Mapping[str, ModelReply]) -> Generation | None:
    """Return the answer of a side as a metric of texts sees it."""
    if side is None:
        return None
    chats = [replies[name].generation for name in side.stages]
    last = _ending_as(chats[-1], side.result)
    return ended_as_its_reply(last, side.result.answer, chats) if len(chats) > 1 else last


def _ending_as(generation: Generation, result: PipelineResult) -> Generation:
    ends = (result.answer, result.answer, result.failure, result.message)
    if ends == (generation.answer, generation.text, generation.own_failure, generation.message):
        return generation
    return replace(
        generation, answer=result.answer, text=result.answer, own_failure=result.failure, message=result.message
    )


def _with_sums(answer: Generation | None, stages: Sequence[StageRow]) -> Generation | None:
    """Return the answer with the sums of its stages."""
    if answer is None:
        return None
    return replace(summed(stages), **{name: getattr(answer, name) for name in TEXTS})


def _marked(stage: StageRow, *, is_reused: bool) -> StageRow:
    """Return the stage, marked like its case where that was taken from an earlier run."""
    return replace(stage, generation=replace(stage.generation, reused=True)) if is_reused else stage


def _in_order(parts: Sequence[CascadeAnswers]) -> CascadeAnswers:
    """Return the answers of all pages, by case and repeat."""
    answers = [answer for part in parts for answer in part.answers]
    order = sorted(range(len(answers)), key=lambda place: (answers[place].case.case_id, answers[place].repeat))

    def joined(arrays: Sequence[Numbers]) -> Numbers:
        return np.concatenate(arrays)[order] if arrays else np.empty(0)

    return CascadeAnswers(
        answers=tuple(answers[place] for place in order),
        figures={
            name: Sides(
                small=joined([part.figures[name].small for part in parts]),
                large=joined([part.figures[name].large for part in parts]),
            )
            for name in COST_FIGURES
        },
        large_alone={name: joined([part.large_alone[name] for part in parts]) for name in COST_FIGURES},
    )
