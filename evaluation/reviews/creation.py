"""Creation of a stored review from a request; equal requests yield the same review, whoever makes them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from evaluation.benchmarks.rendering import render
from evaluation.case import Benchmark, Case
from evaluation.comparisons.comparison import refuse_other_versions
from evaluation.comparisons.sides import Side, find_members, find_side, make_sides
from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.fingerprint import fingerprint
from evaluation.generation import Generation, PromptState
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import StoredOutcome
from evaluation.records.reviews import ReviewItem, ReviewQuestion, ReviewRecord, ShownOutput
from evaluation.requests.review_request import ReviewRequest
from evaluation.reviews.case_scores import seen_cases
from evaluation.reviews.case_selection import (
    MOST_OUTPUTS,
    CaseStatistics,
    SelectedCase,
    choose_sides,
    chosen_cases,
    pick,
)
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.outcomes import load_outcomes
from evaluation.store.reviews import ask_raters, find_review, has_review, save_review
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs
from evaluation.version import code_version

PREFERENCE = "preference"
_OF_THE_SITTING = {"review", "rater", "wait_days", "cases_per_form", "n_raters", "unblind"}
_CHANGES_NOTHING = {*_OF_THE_SITTING, "runs", "benchmark", "candidates", "criteria"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A selected case with the sides that it shows, in order."""

    position: int
    picked: SelectedCase
    sides: tuple[int, ...]


def open_review(store: Store, request: ReviewRequest, *, case_ids: Collection[str] = ()) -> ReviewRecord:
    """Return the requested review: an existing one, or a new one, stored.

    Args:
        store: The store.
        request: The request.
        case_ids: Show exactly these cases, in a random order; empty: the request says how many are picked, and how.

    Raises:
        BenchwrightError: no such run, candidate or review; runs of several benchmarks; nothing that could be shown.
    """
    review = _meant(store, request, sorted(set(case_ids)))
    if request.n_raters is None:
        return review
    ask_raters(store, review.review_id, request.n_raters)
    return find_review(store, review.review_id)


def _meant(store: Store, request: ReviewRequest, case_ids: Sequence[str]) -> ReviewRecord:
    if request.review is not None:
        return find_review(store, request.review)
    run_ids = _runs_meant(store, request)
    sides = sides_meant(store, run_ids, request)
    identity = _identity(request, run_ids, sides) | ({"cases": list(case_ids)} if case_ids else {})
    review_id = fingerprint(identity)[:12]
    if has_review(store, review_id):
        return find_review(store, review_id)
    return _made(store, request, sides, review_id=review_id, identity=identity)


def _runs_meant(store: Store, request: ReviewRequest) -> list[str]:
    named = request.runs
    if not named:
        newest = list_runs(store, limit=1 if request.benchmark is None else None)
        named = [run.run_id for run in newest if request.benchmark in (None, run.benchmark_name)][:1]
        if not named:
            of = f" of benchmark {request.benchmark!r}" if request.benchmark else ""
            raise ConfigurationError(f"there is no run{of} to review", "`benchwright evaluate` makes one.")
    plans = [find_run(store, word).plan for word in named]
    others = [plan for plan in plans if request.benchmark not in (None, plan.benchmark_name)]
    if others:
        raise IncomparableError(
            f"run {others[0].run_id} asked {others[0].benchmark_name!r}, not {request.benchmark!r}",
            "Leave the run or the benchmark out.",
        )
    return list(dict.fromkeys(plan.run_id for plan in plans))


def sides_meant(store: Store, run_ids: Sequence[str], request: ReviewRequest) -> list[Side]:
    """Return each candidate of each run as a side, or only those that the request names.

    Raises:
        BenchwrightError: no such candidate, several of that name, too few for a preference, runs of several benchmarks.
    """
    members = find_members(store, run_ids)
    refuse_other_versions(store, members)
    if len(members) == 1:
        (member,) = members
        sides: Sequence[Side] = (Side(label=member.label, key=member.fingerprint, members=(member,)),)
    else:
        sides, _ = make_sides(members, None)
    if request.candidates:
        named = [find_side(sides, name, option="--candidate") for name in request.candidates]
        sides = list({side.label: side for side in named}.values())
    if request.kind == PREFERENCE and len(sides) < 2:
        raise ConfigurationError(
            f"a preference needs two candidates, and there is only {sides[0].label!r}",
            "Give a second run as well, or have its answers graded: --kind grades.",
        )
    return list(sides)


def _identity(request: ReviewRequest, run_ids: Sequence[str], sides: Sequence[Side]) -> dict[str, Any]:
    """Return all fields that identify this review."""
    return {
        **request.model_dump(mode="json", exclude=_CHANGES_NOTHING),
        "runs": sorted(run_ids),
        "candidates": sorted(side.label for side in sides) if request.candidates else [],
        "criteria": [] if request.kind == PREFERENCE else list(request.criteria),
    }


def _made(
    store: Store, request: ReviewRequest, sides: Sequence[Side], *, review_id: str, identity: Mapping[str, Any]
) -> ReviewRecord:
    plan = sides[0].members[0].run.plan
    use = _headline(sides)
    rng = np.random.default_rng(int(fingerprint([review_id, request.seed])[:16], 16))
    answered = _answered(store, sides, use)
    shown = _shown(answered, request, sides, rng, case_ids=identity.get("cases", ()))
    benchmark = load_benchmark_version(
        store,
        plan.benchmark_version,
        plan.benchmark_name,
        case_ids=[shown_case.picked.seen.case_id for shown_case in shown],
    )
    return save_review(
        store,
        review_id=review_id,
        benchmark=(plan.benchmark_version, plan.benchmark_name),
        kind=request.kind,
        criteria=identity["criteria"],
        run_ids=list(dict.fromkeys(run_id for side in sides for run_id in side.run_ids)),
        headline=use.signature if use is not None else None,
        request=identity,
        code_version=code_version(),
        items=_items(store, benchmark, sides, shown, show_references=request.show_references),
    )


def _answered(store: Store, sides: Sequence[Side], use: MetricUse | None) -> list[CaseStatistics]:
    """Return the cases to choose from: those that at least two candidates answered, or the only one did."""
    least = min(2, len(sides))
    seen = [case for case in seen_cases(store, sides, use) if len(case.sides) >= least]
    if not seen:
        raise ConfigurationError(
            "no case to review: " + ("no case was answered by two candidates" if least > 1 else "no case was answered"),
            "Choose other runs, or resume these: `benchwright evaluate --resume RUN`.",
        )
    return seen


def _shown(
    seen: Sequence[CaseStatistics],
    request: ReviewRequest,
    sides: Sequence[Side],
    rng: "np.random.Generator",
    *,
    case_ids: Sequence[str],
) -> list[_Shown]:
    """Return the picked cases in the order in which they are shown, each with its sides in theirs."""
    if case_ids:
        picked = chosen_cases(seen, case_ids, rng=rng)
    else:
        picked = pick(
            seen,
            request.n_cases,
            flip_share=request.flip_share,
            control_share=request.control_share,
            changed=_changed(sides),
            rng=rng,
        )
    size = 2 if request.kind == PREFERENCE else min(MOST_OUTPUTS, len(sides))
    chosen = choose_sides(picked, size, len(sides), rng=rng)
    return [
        _Shown(position=n, picked=case, sides=its) for n, (case, its) in enumerate(zip(picked, chosen, strict=True))
    ]


def _headline(sides: Sequence[Side]) -> MetricUse | None:
    """Return the metric by which all of the runs were ranked; None where they were not ranked by the same one."""
    headlines = set()
    for side in sides:
        plan = side.members[0].run.plan
        headlines.add(next((use for use in plan.metrics if use.name == plan.headline), None))
    return headlines.pop() if len(headlines) == 1 else None


def _changed(sides: Sequence[Side]) -> list[tuple[int, int]]:
    """Return the sides that are one model in two runs."""
    members = [side.members[0] for side in sides]
    return [
        (a, b)
        for a, b in combinations(range(len(members)), 2)
        if members[a].model == members[b].model and members[a].run_id != members[b].run_id
    ]


def _items(
    store: Store, benchmark: Benchmark, sides: Sequence[Side], shown: Sequence[_Shown], *, show_references: bool
) -> list[ReviewItem]:
    cases = {case.case_id: case for case in benchmark.cases}
    answers = [
        _answers(store, side, [shown_case.picked.seen.case_id for shown_case in shown if place in shown_case.sides])
        for place, side in enumerate(sides)
    ]
    return [
        ReviewItem(
            position=shown_case.position,
            case_id=shown_case.picked.seen.case_id,
            cluster=cases[shown_case.picked.seen.case_id].cluster,
            reason=shown_case.picked.reason,
            why=shown_case.picked.why,
            question=_question(benchmark, cases[shown_case.picked.seen.case_id], show_references=show_references),
            outputs=_with_times_alike([answers[place][shown_case.picked.seen.case_id] for place in shown_case.sides]),
        )
        for shown_case in shown
    ]


def _question(benchmark: Benchmark, case: Case, *, show_references: bool) -> ReviewQuestion:
    references = case.references if show_references else ()
    return ReviewQuestion(messages=tuple(render(benchmark, case)), references=references)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    output: ShownOutput
    prompt_state: PromptState


def _with_times_alike(answers: Sequence[_Answer]) -> tuple[ShownOutput, ...]:
    """Return the outputs of an item, without times where a server had cached the prompt for one but not for another.

    Otherwise a person would grade the effect of the cache.
    """
    outputs = [answer.output for answer in answers]
    if {answer.prompt_state for answer in answers} in ({PromptState.FRESH}, {PromptState.CACHED}):
        return tuple(outputs)
    return tuple(replace(output, total_s=None) for output in outputs)


def _answers(store: Store, side: Side, case_ids: Sequence[str]) -> dict[str, _Answer]:
    """Return the side's first answer to each case."""
    (member,) = side.members
    answers: dict[str, _Answer] = {}
    for stored in load_outcomes(store, member.row_id, case_ids) if case_ids else ():
        outcome = stored.row.outcome
        if isinstance(outcome, Generation):
            state = outcome.prompt_state or PromptState.FRESH
            answers.setdefault(stored.row.case_id, _Answer(output=_output(side, stored, outcome), prompt_state=state))
    return answers


def _output(side: Side, stored: StoredOutcome, generation: Generation) -> ShownOutput:
    is_measured = generation.timing is not None and not generation.reused
    return ShownOutput(
        candidate=side.label,
        run_id=side.members[0].run_id,
        generation_id=stored.generation_id,
        answer=generation.answer,
        total_s=generation.timing.total_s if is_measured and generation.timing is not None else None,
    )
