from dataclasses import replace
from typing import Any

from hostile_texts import NAME, foreign_markup

from selection.pages.retraining import gain_in_points, held_out_lines, reason_lines, retraining_as_markdown, task_rows
from selection.pages.retraining_chart import gains_chart
from selection.retraining import CapKept, GainResult, HeldOutReport, Retraining, TaskReport, TrainingReport


def gain(value: float) -> GainResult:
    return GainResult(
        value=value, low=value - 0.01, high=value + 0.01, n_cases=40, n_families=40, confidence_level=0.95
    )


HELD_OUT = HeldOutReport(
    n_cases=40,
    n_families=38,
    model=0.75,
    best_single=0.7,
    best_per_task=0.72,
    oracle=0.9,
    over_single=gain(0.05),
    over_best_per_task=gain(0.03),
    oracle_share=0.25,
    regret=0.15,
    top_1=0.8,
    calibration_error=0.021,
    cap=CapKept(n_cases=40, n_violations=0, held_out_over_cap=0.97),
)
LAW = TaskReport(
    task="law",
    learner="ridge",
    n_cases=120,
    n_families=115,
    reason="prompts tell",
    shrink=1.0,
    gains={"ridge": gain(0.06)},
)
ART = TaskReport(
    task="art", learner="best_per_task", n_cases=80, n_families=75, reason="ridge gained", shrink=0.0, gains={}
)
REPORT = TrainingReport(
    learner="ridge",
    reason="ridge gained",
    n_cases=200,
    n_families=190,
    learners={"ridge": gain(0.04), "trees": gain(-0.01)},
    tasks=(LAW, ART),
    held_out=HELD_OUT,
)


def result(**changed: Any) -> Retraining:
    promoted = Retraining(
        decision="promoted",
        sentence="ridge 2 is now the selection model: it gained.",
        reason="it gained",
        notes=(),
        model_id="2269fb196f82",
        model="ridge 2",
        champion_id="2269fb196f82",
        report=REPORT,
        evidence_fingerprint="abcdef0123456789",
        n_rows=1200,
        n_new_rows=1200,
        n_outcomes=0,
    )
    return replace(promoted, **changed)


def test_each_task_has_a_row_and_all_of_them_the_last() -> None:
    rows = task_rows(REPORT)

    assert ["law", "art", "all tasks"] == [row["task"] for row in rows]
    assert ["ridge", "the best on the task", "ridge"] == [row["decides"] for row in rows]
    assert ["+6.00 [5.00, 7.00]", "–", "+4.00 [3.00, 5.00]"] == [row["ridge, points"] for row in rows]
    assert ["All tasks: ridge gained.", "law: prompts tell."] == reason_lines(REPORT)


def test_a_gain_without_an_interval_says_so() -> None:
    assert "+1.00 [no interval]" == gain_in_points(replace(gain(0.01), low=None, high=None))


def test_what_it_is_worth_on_unseen_prompts_is_said_with_intervals() -> None:
    lines = " ".join(held_out_lines(REPORT))

    assert "On 40 cases of 38 held-out families: mean quality 0.750" in lines
    assert "over the best on each task: +3.00 [2.00, 4.00] points" in lines
    assert "25 % of the way" in lines
    assert "0 of 40 choices exceed it as expected, and the held-out answers take 97 % of it" in lines
    bare = held_out_lines(
        replace(REPORT, held_out=replace(HELD_OUT, oracle_share=None, calibration_error=None, cap=None))
    )
    assert "The answer of the named candidate is the best one for 80 % of the cases." == bare[-1]
    assert ["No family of prompts could be held out: there are too few."] == held_out_lines(
        replace(REPORT, held_out=None)
    )


def test_words_of_others_add_nothing_to_the_page() -> None:
    hostile = "x | y\n# Heading <script> [a](javascript:b) ![i](http://i)"
    report = replace(REPORT, tasks=(replace(LAW, task=hostile, reason=hostile),))

    page = retraining_as_markdown(
        result(sentence=hostile, notes=(hostile,), report=report), charts=[gains_chart(report)]
    )

    assert 1 == page.count("](data:image/svg+xml;base64,")
    page = page.replace("](data:image/svg+xml;base64,", "")
    assert ["# Retraining", "## By task", "## On unseen prompts"] == [
        line for line in page.splitlines() if line.startswith("#")
    ]
    assert "<script>" not in page
    assert "](" not in page
    assert [] == foreign_markup(page)
    table = [line for line in page.splitlines() if line.startswith("| ")]
    assert {table[0].count(" | ")} == {line.count(" | ") for line in table if "---" not in line}


def test_a_page_without_a_model_says_why() -> None:
    page = retraining_as_markdown(result(sentence="No model was trained: too little.", report=None, model_id=None))

    assert page.startswith("# Retraining\n\n> No model was trained: too little.\n\n")
    assert "evidence `abcdef012345` · 1,200 scored answers\n" in page


def test_the_chart_has_a_row_for_each_learner_on_each_task_and_none_for_naming_the_best() -> None:
    chart = gains_chart(replace(REPORT, tasks=(replace(LAW, task=NAME),)))

    assert chart is not None
    words = [row.label for row in chart.rows]
    learners = [name for name in REPORT.learners if name != "best_per_task"]
    assert len(learners) == len([word for word in words if word.startswith("all tasks: ")])
    assert not [word for word in words if word == "all tasks: best_per_task"]
    assert gains_chart(replace(REPORT, tasks=(), learners={})) is None
