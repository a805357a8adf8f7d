"""Signs that the measuring is at fault: each is raised where it should be, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stored_runs import Asked, answer, asked, numbers, right, store_run, wrong

from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome
from evaluation.metrics.parsing import parse_metric
from evaluation.records.candidates import MetricUse
from evaluation.records.scores import ScoreRow
from evaluation.records.status import Status
from evaluation.reports.runs.alarm_lines import alarm_lines, baselines_line
from evaluation.results.runs import Alarm
from evaluation.run_results.run_result import run_result
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.runs import find_run
from evaluation.store.scores import save_scores
from evaluation.store.session import Store

LETTERS = ("A", "B", "C", "D")
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens")


def alarms(store: Store, *candidates: Asked, cases: Sequence[Case], **given: Any) -> tuple[Alarm, ...]:
    return run_result(store, store_run(store, *candidates, cases=cases, **given)).alarms


def limited(one: Asked, options: dict[str, Any], trained: int | None) -> Asked:
    """The candidate with these options, of a model that was trained for so many tokens."""
    candidate = replace(one.candidate, options={**one.candidate.options, **options})
    return replace(one, candidate=candidate, details={"context_length": trained})


def choices(n: int) -> tuple[Case, ...]:
    """Cases of four choices, of which A is right."""
    return tuple(
        Case(case_id=f"c{i:03}", prompt="Which?", choices=("one", "two", "three", "four"), references=("A",))
        for i in range(n)
    )


def chosen(cases: Sequence[Case], letters: str) -> dict[str, Outcome]:
    """An answer of one letter for each case, over and over."""
    return {case.case_id: answer(letters[i % len(letters)]) for i, case in enumerate(cases)}


def mixed(cases: Sequence[Case], n_right: int) -> dict[str, Outcome]:
    """The right answer to the first cases, a wrong one to the others."""
    return {**wrong(cases), **right(cases[:n_right])}


def kinds(found: Sequence[Alarm]) -> list[str]:
    return [alarm.kind for alarm in found]


def test_a_run_without_fault_raises_none(store: Store) -> None:
    cases = numbers(40)

    assert () == alarms(store, asked("a:1b", mixed(cases, 20)), asked("b:1b", mixed(cases, 30)), cases=cases)


def test_a_headline_that_is_zero_for_everyone_raises_an_alarm(store: Store) -> None:
    cases = numbers(3)
    (alarm,) = alarms(
        store,
        asked("a:1b", wrong(cases)),
        asked("b:1b", right(cases)),
        cases=cases,
        metrics=("exact_match", "regex(pattern='never')"),
        headline="regex",
    )

    assert ("near_chance", "regex", None, 3) == (alarm.kind, alarm.metric, alarm.candidate, alarm.n)
    assert alarm.message.startswith("regex is 0 for every candidate")
    assert "benchwright show run-1 --case ID" in alarm.message


def test_an_alarm_shows_a_value_with_as_many_digits_as_the_tables(store: Store) -> None:
    cases = tuple(Case(case_id=str(n), prompt="?", references=("a b",)) for n in range(12))
    answers = {case.case_id: answer("a") for case in cases}
    alarm, *_ = alarms(store, asked("a:1b", answers), cases=cases, metrics=("token_f1",), headline="token_f1")

    assert alarm.message.startswith(
        "token_f1 is 0.667 for every answer of every candidate (12 scored cases): it does not"
    )


def test_a_headline_that_is_zero_on_two_cases_raises_none(store: Store) -> None:
    cases = numbers(2)

    assert () == alarms(store, asked("a:1b", wrong(cases)), asked("b:1b", wrong(cases)), cases=cases)


def test_zero_on_another_metric_than_the_headline_or_for_one_candidate_alone_raises_none(store: Store) -> None:
    cases = numbers(5)
    asked_ = (asked("a:1b", wrong(cases)), asked("b:1b", right(cases)))

    assert () == alarms(store, *asked_, cases=cases, metrics=("exact_match", "regex(pattern='never')"))


def test_a_candidate_without_a_value_keeps_the_alarm_about_all_of_them_back(store: Store) -> None:
    cases = numbers(3)
    failed: dict[str, Outcome] = {case.case_id: DOWN for case in cases}

    assert () == alarms(store, asked("a:1b", wrong(cases)), asked("b:1b", failed), cases=cases)


def test_scores_near_chance_for_every_candidate_raise_an_alarm(store: Store) -> None:
    cases = choices(40)
    given = {"metrics": ("multiple_choice",), "headline": "multiple_choice"}
    guess, worse = asked("a:1b", chosen(cases, "ABCD")), asked("b:1b", chosen(cases, "BCDBCDBA"))

    (alarm,) = alarms(store, guess, worse, cases=cases, **given)

    assert ("near_chance", "multiple_choice", None, 40) == (alarm.kind, alarm.metric, alarm.candidate, alarm.n)
    assert "multiple_choice cannot be distinguished from guessing (0.25) for any candidate" in alarm.message
    knows = asked("c:1b", chosen(cases, "AAB"))
    assert () == alarms(store, guess, knows, cases=cases, run_id="run-2", **given)
    few = choices(9)
    assert () == alarms(store, asked("a:1b", chosen(few, "ABCD")), cases=few, run_id="run-3", **given)


def test_chance_is_averaged_over_cases_of_different_numbers_of_choices(store: Store) -> None:
    two = tuple(replace(case, choices=("one", "two")) for case in choices(40)[:20])
    cases = (*two, *choices(40)[20:])
    (alarm,) = alarms(
        store,
        asked("a:1b", chosen(cases, "ABB")),
        cases=cases,
        metrics=("multiple_choice",),
        headline="multiple_choice",
    )

    assert "guessing (0.375)" in alarm.message


def test_a_metric_with_a_chance_level_of_its_own_is_held_against_that(store: Store) -> None:
    labels = ("spam", "ham")
    cases = tuple(Case(case_id=f"c{i:03}", prompt="?", choices=labels, references=(labels[i % 2],)) for i in range(40))
    answers = {case.case_id: answer(labels[i // 2 % 2]) for i, case in enumerate(cases)}
    found = alarms(store, asked("a:1b", answers), cases=cases, metrics=("mcc",), headline="mcc")

    assert [("near_chance", "mcc")] == [(alarm.kind, alarm.metric) for alarm in found]
    assert "guessing (0)" in found[0].message


def test_a_metric_that_says_the_same_of_all_tells_nobody_apart(store: Store) -> None:
    cases = numbers(10)
    (alarm,) = alarms(store, asked("a:1b", right(cases)), asked("b:1b", right(cases)), cases=cases)

    assert ("zero_variance", "exact_match", None, 10) == (alarm.kind, alarm.metric, alarm.candidate, alarm.n)
    assert "exact_match is 1 for every answer of every candidate (10 scored cases)" in alarm.message
    assert "take harder cases" in alarm.message
    few = numbers(9)
    assert () == alarms(store, asked("a:1b", right(few)), cases=few, run_id="run-2")


def test_a_metric_that_is_never_reached_is_to_be_looked_at(store: Store) -> None:
    cases = numbers(10)
    metrics = ("exact_match", "regex(pattern='never')")
    (alarm,) = alarms(store, asked("a:1b", mixed(cases, 5)), cases=cases, metrics=metrics)

    assert ("zero_variance", "regex") == (alarm.kind, alarm.metric)
    assert (
        "it does not distinguish the candidates; look at an answer (benchwright show run-1 --case ID)" in alarm.message
    )


def test_a_metric_that_says_the_same_of_one_candidates_answers_is_told_of(store: Store) -> None:
    cases = numbers(12)
    (alarm,) = alarms(store, asked("a:1b", wrong(cases)), asked("b:1b", mixed(cases, 9)), cases=cases)

    assert ("zero_variance", "a:1b", 12) == (alarm.kind, alarm.candidate, alarm.n)
    assert "a:1b: exact_match is 0 in every one of 12 scored cases" in alarm.message


def test_a_candidate_that_is_always_right_beside_others_raises_none(store: Store) -> None:
    cases = numbers(20)

    assert () == alarms(store, asked("a:1b", right(cases)), asked("b:1b", mixed(cases, 10)), cases=cases)


def test_repeats_of_few_cases_are_not_many_cases(store: Store) -> None:
    cases = numbers(5)
    repeated: dict[str, Any] = {case.case_id: [answer(case.references[0])] * 4 for case in cases}

    assert () == alarms(store, asked("a:1b", repeated), cases=cases, n_repeats=4)


@pytest.mark.parametrize(("n", "raised"), [(2, []), (3, ["extraction_failed"])])
def test_answers_in_which_nothing_was_found_raise_one_above_5_percent(store: Store, n: int, raised: list[str]) -> None:
    cases = choices(40)
    outcomes = {**chosen(cases, "AAB"), **{case.case_id: answer("I would rather not.") for case in cases[:n]}}
    found = alarms(
        store, asked("a:1b", outcomes), cases=cases, metrics=("multiple_choice",), headline="multiple_choice"
    )

    assert raised == kinds(found)
    if raised:
        assert ("a:1b", n, n / 40) == (found[0].candidate, found[0].n, found[0].share)
        assert "a:1b: 3 of 40 answers (8 %) could not be read by multiple_choice" in found[0].message


def test_metrics_that_read_the_same_fail_in_one_alarm(store: Store) -> None:
    labels = ("spam", "ham")
    cases = tuple(Case(case_id=f"c{i:03}", prompt="?", choices=labels, references=(labels[i % 2],)) for i in range(40))
    outcomes = {case.case_id: answer("hm" if i % 4 == 0 else labels[i % 2]) for i, case in enumerate(cases)}
    (alarm,) = alarms(
        store, asked("a:1b", outcomes), cases=cases, metrics=("accuracy", "macro_f1"), headline="accuracy"
    )

    assert ("extraction_failed", "accuracy", 10) == (alarm.kind, alarm.metric, alarm.n)
    assert "could not be read by accuracy, macro_f1" in alarm.message


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (FailureKind.EMPTY_ANSWER, "look at the prompt, and at `stop`"),
        (FailureKind.THINKING_USED_UP_THE_BUDGET, "raise num_predict, or turn thinking off"),
        (FailureKind.REPEATED_ITSELF, "raise repeat_penalty"),
        (FailureKind.PROMPT_TOO_LONG, "raise num_ctx"),
    ],
)
def test_empty_answers_raise_one_above_5_percent_with_the_step_that_helps(
    store: Store, kind: FailureKind, step: str
) -> None:
    cases = numbers(40)
    empty = Generation(text="", answer="", own_failure=kind, finish_reason="length")
    outcomes = {**mixed(cases, 20), **{case.case_id: empty for case in cases[-3:]}}
    (alarm,) = alarms(store, asked("a:1b", outcomes), cases=cases)

    assert ("empty_answers", None, 3, 3 / 40) == (
        alarm.kind,
        alarm.metric,
        alarm.n,
        alarm.share,
    )
    assert f"3 {kind}" in alarm.message
    assert step in alarm.message


@pytest.mark.parametrize(
    ("num_ctx", "trained", "said"),
    [
        (256, 4096, "were cut where the context was full (num_ctx=256); raise num_ctx (up to 4,096)"),
        (256, 256, "were cut where the 256 tokens ended that the model was trained for; shorten the prompt"),
        (4096, 4096, "were cut at num_predict=88; raise num_predict"),
        (300, None, "were cut at num_predict=88; raise num_predict"),
    ],
)
def test_answers_that_were_cut_are_told_apart_by_what_cut_them(
    store: Store, num_ctx: int, trained: int | None, said: str
) -> None:
    cases = numbers(40)
    cut = answer("no idea", finish_reason="length", prompt_tokens=168, output_tokens=88)
    outcomes: dict[str, Outcome] = {**mixed(cases, 20), **{case.case_id: cut for case in cases[-3:]}}
    one = asked("a:1b", outcomes)
    options = {"num_predict": 88 if num_ctx != 256 else 512, "num_ctx": num_ctx}
    (alarm,) = alarms(store, limited(one, options, trained), cases=cases)

    assert "cut_answers" == alarm.kind
    assert f"3 of 40 answers (8 %) {said}" in alarm.message


@pytest.mark.parametrize(
    ("num_ctx", "trained", "step"),
    [(256, None, "raise num_ctx"), (256, 256, "shorten the prompt"), (999, None, "raise num_predict")],
)
def test_thinking_that_was_cut_has_the_step_against_what_cut_it(
    store: Store, num_ctx: int, trained: int | None, step: str
) -> None:
    cases = numbers(40)
    kind = FailureKind.THINKING_USED_UP_THE_BUDGET
    empty = Generation(
        text="", answer="", own_failure=kind, finish_reason="length", prompt_tokens=168, output_tokens=88
    )
    outcomes: dict[str, Outcome] = {**mixed(cases, 20), **{case.case_id: empty for case in cases[-3:]}}
    one = limited(asked("a:1b", outcomes), {"num_predict": 88, "num_ctx": num_ctx}, trained)
    (alarm,) = alarms(store, one, cases=cases)

    assert f"; {step}, or turn thinking off with think=false" in alarm.message


@pytest.mark.parametrize(("n", "raised"), [(2, []), (3, ["cut_answers"])])
def test_answers_that_were_cut_raise_one_above_5_percent(store: Store, n: int, raised: list[str]) -> None:
    cases = numbers(41)
    cut = answer("no idea", finish_reason="length")
    outcomes: dict[str, Outcome] = {**mixed(cases, 20), **{case.case_id: cut for case in cases[20 : 20 + n]}}
    outcomes["c40"] = DOWN
    found = alarms(store, asked("a:1b", outcomes), cases=cases)

    assert raised == kinds(found)
    if raised:
        assert "3 of 40 answers (8 %) were cut by a limit that the server does not name; raise" in found[0].message


def _fail_scores(store: Store, use: MetricUse, kind: str, n: int) -> None:
    """Writes failures in the place of the first scores."""
    from evaluation.scores import ScoreFailure
    from evaluation.store.outcomes import iterate_outcomes

    (candidate,) = find_run(store, "run-1").candidates
    (page,) = iterate_outcomes(store, candidate.run_candidate_id)
    failure = ScoreFailure(kind=kind, message="it said {")
    rows = [
        ScoreRow(generation_id=found.generation_id, metric=use, measurement=failure, scorer_version="1")
        for found in page[:n]
    ]
    save_scores(store, rows)


@pytest.mark.parametrize(
    ("kind", "n", "raised"),
    [
        ("verdict_unreadable", 2, []),
        ("verdict_unreadable", 3, ["score_failures"]),
        ("metric_raised", 1, ["score_failures"]),
        ("metric_returned_nonsense", 1, ["score_failures"]),
        ("metric_timed_out", 1, ["score_failures"]),
        ("metric_ended_its_process", 1, ["score_failures"]),
    ],
)
def test_scores_that_could_not_be_had_raise_one_above_5_percent_and_any_where_the_metric_is_broken(
    store: Store, kind: str, n: int, raised: list[str]
) -> None:
    cases = numbers(40)
    store_run(store, asked("a:1b", mixed(cases, 20)), cases=cases)
    _fail_scores(store, find_run(store, "run-1").plan.metrics[0], kind, n)

    found = run_result(store, "run-1").alarms
    assert raised == kinds(found)
    if raised:
        assert (n, n / 40, "exact_match") == (found[0].n, found[0].share, found[0].metric)
        assert f"have no exact_match ({n} {kind})" in found[0].message


def test_a_metric_that_was_scored_later_with_other_options_is_looked_at_as_well(store: Store) -> None:
    cases = numbers(40)
    store_run(store, asked("a:1b", mixed(cases, 20)), cases=cases, metrics=("exact_match", "regex(pattern='no')"))
    (candidate,) = find_run(store, "run-1").candidates
    later = parse_metric("regex(pattern='idea')")
    score_candidate(store, "run-1", candidate.run_candidate_id, [later])
    aggregate_run(store, "run-1", (later.text,))
    _fail_scores(store, MetricUse(name=later.name, signature=later.signature), "metric_raised", 4)

    (alarm,) = run_result(store, "run-1").alarms
    assert ("score_failures", later.signature, 4, 0.1) == (
        alarm.kind,
        alarm.metric,
        alarm.n,
        alarm.share,
    )


def test_a_metric_with_scores_and_no_number_is_told_of(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from evaluation.metrics.metric import CorpusMetric\n"
        "from evaluation.scores import Measurement\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Gloomy(CorpusMetric):\n"
        "    name: ClassVar[str] = 'gloomy'\n"
        "    unit: ClassVar[str] = 'fraction'\n"
        "    def measure(self, case, generations, answers):\n"
        "        return Measurement(value=float(len(generations[0].answer) % 2))\n"
        "    def aggregate(self, rows):\n"
        "        raise RuntimeError('not today')\n"
    )
    cases = numbers(12)
    (alarm,) = alarms(store, asked("a:1b", mixed(cases, 6)), cases=cases, metrics=("exact_match", f"{path}:Gloomy"))

    assert ("no_number", "gloomy", "a:1b", 12) == (alarm.kind, alarm.metric, alarm.candidate, alarm.n)
    assert "its combine() or aggregate() fails" in alarm.message


def test_a_run_that_was_not_asked_or_not_scored_yet_raises_none_about_scores(store: Store) -> None:
    cases = numbers(12)

    assert () == alarms(store, asked("a:1b"), cases=cases, scored=False, status=Status.RUNNING)
    assert () == alarms(
        store, asked("a:1b", wrong(cases)), cases=cases, run_id="run-2", scored=False, status=Status.RUNNING
    )


def test_alarms_about_baselines_are_one_line_and_those_about_models_are_said_one_by_one(store: Store) -> None:
    cases = choices(40)
    unread = {case.case_id: answer("I would rather not.", finish_reason="length") for case in cases}
    given: dict[str, Any] = {"metrics": ("multiple_choice",), "headline": "multiple_choice"}
    asked_ = [
        asked("good:1b", chosen(cases, "AAB")),
        asked("bad:1b", unread),
        asked("baseline-lead", unread),
        asked("baseline-random:latest", unread),
    ]
    run = run_result(store, store_run(store, *asked_, cases=cases, **given))

    assert ["bad:1b", "baseline-lead", "baseline-random"] == list(
        dict.fromkeys(alarm.candidate for alarm in run.alarms)
    )
    assert {True} == {alarm.about_baseline for alarm in run.alarms if "baseline-" in alarm.candidate}
    assert {"bad:1b"} == {line.partition(": ")[0] for line in alarm_lines(run)}
    assert (
        "12 alarms about baselines left out, as baselines fail differently from models (baseline-lead 6, "
        "baseline-random 6); `benchwright show RUN --json` lists them"
    ) == baselines_line([run, run])
    assert baselines_line([]) is None


def test_a_model_that_only_sounds_like_a_baseline_keeps_its_alarms(store: Store) -> None:
    cases = numbers(12)
    asked_ = asked("baseline-finetune:8b", wrong(cases)), asked("b:1b", mixed(cases, 9))
    run = run_result(store, store_run(store, *asked_, cases=cases))

    assert ["baseline-finetune:8b: exact_match is 0 in every one of 12 scored cases"] == [
        line.partition(";")[0] for line in alarm_lines(run)
    ]


def test_an_alarm_about_all_candidates_is_said_though_baselines_are_among_them(store: Store) -> None:
    cases = numbers(12)
    run = run_result(
        store, store_run(store, asked("a:1b", wrong(cases)), asked("baseline-lead", wrong(cases)), cases=cases)
    )

    assert ["exact_match is 0 for every candidate"] == [line.partition(":")[0] for line in alarm_lines(run)]
    assert baselines_line([run]) is None
