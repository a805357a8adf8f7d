import numpy as np
import pytest

from evaluation.metrics.judges.pairwise import PairwiseEvidence
from evaluation.metrics.judges.rubric import RubricEvidence
from evaluation.run_results.judges.findings import JudgeScores, judging_findings
from evaluation.run_results.judges.report import judging_lines
from evaluation.scores import Measurement

WIN, LOSS, FIRST, SECOND, TIE = ("A", "B"), ("B", "A"), ("A", "A"), ("B", "B"), ("tie", "tie")
VALUES = {WIN: 1.0, LOSS: 0.0, FIRST: 0.5, SECOND: 0.5, TIE: 0.5}


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def compared(judge, verdicts, lengths=None, **failures):
    measurements = {
        f"pair {number}": Measurement(value=VALUES[verdict], evidence=PairwiseEvidence(*verdict, 100.0, float(length)))
        for number, (verdict, length) in enumerate(zip(verdicts, lengths or range(90, 90 + len(verdicts)), strict=True))
    }
    return JudgeScores(judge=judge, metric="judge_pairwise", measurements=measurements, failures=failures)


def graded(judge, grades, lengths=None):
    measurements = {
        f"answer {number}": Measurement(value=(grade - 1) / 4, evidence=RubricEvidence(float(grade), float(length)))
        for number, (grade, length) in enumerate(zip(grades, lengths or range(len(grades)), strict=True))
    }
    return JudgeScores(judge=judge, metric="judge_rubric", measurements=measurements)


def lines(*judges):
    return judging_lines(judging_findings(judges, rng=rng()))


def test_a_judge_who_prefers_the_first_position_is_named_with_the_numbers():
    found = lines(compared("qwen3:8b", [FIRST] * 12 + [WIN, LOSS, TIE]))
    # 24 + 2 of 28 decided verdicts; size 12/15, limits 12/17 -+ 1.96 * sqrt((14/17 - (12/17)^2) / 17).
    assert found[0] == (
        "judge qwen3:8b prefers the first position: 93 % [77, 98] of decided verdicts name the first (n = 28), "
        "size +0.80 [+0.43, +0.98], p = .0005, 12 of 15 pairs inconsistent; its verdicts are averaged over both orders"
    )


def test_a_judge_who_prefers_the_second_position_is_named():
    assert "prefers the second position: 7 % [2, 23]" in lines(compared("j", [SECOND] * 12 + [WIN, LOSS]))[0]


def test_no_preference_that_is_shown_is_said_to_be_none_shown():
    found = lines(compared("j", [WIN, LOSS] * 5 + [FIRST, SECOND]))
    assert found[0].startswith("judge j shows no preference for a position: 50 % [31, 69]")
    assert "p = 1.000, 2 of 12 pairs inconsistent" in found[0]


def test_too_few_pairs_are_said_to_tell_nothing():
    found = lines(compared("j", [WIN, LOSS]))
    assert [
        "judge j: position bias could not be determined: 2 cases with a decided verdict are too few (at least 6)",
        "judge j (judge_pairwise): length bias could not be determined: "
        "2 decided pairs of unequal length are too few (at least 6)",
    ] == found


def test_a_judge_who_prefers_longer_answers_is_named():
    shorter_and_longer = [10, 400] * 6
    found = lines(compared("j", [WIN, LOSS] * 6, shorter_and_longer))
    assert found[1].startswith("judge j (judge_pairwise) prefers longer answers, which may also be better ones: ")
    assert "the longer one wins 100 % [76, 100] of 12 decided pairs" in found[1]
    shorter = lines(graded("j", [5, 4, 4, 3, 3, 2, 2, 1, 1, 1]))
    assert shorter[0].startswith("judge j (judge_rubric) prefers shorter answers")
    assert "correlation -0.98 [-1.00, -0." in shorter[0]


def test_grades_are_not_asked_about_positions():
    finding = judging_findings([graded("j", [1, 2, 3, 4, 5, 1])], rng=rng()).judges[0]
    assert finding.position is None
    assert 6 == finding.n_judged


def test_verdicts_that_could_not_be_had_are_counted_by_kind():
    found = lines(compared("j", [WIN] * 8, timed_out=1, verdict_unreadable=1000))
    assert (
        "judge j (judge_pairwise): 1,001 of 1,009 verdicts failed (1 timed_out, 1,000 verdict_unreadable)" == (found[0])
    )


def test_answers_that_needed_no_judge_tell_nothing_of_one():
    scores = graded("j", [1, 2, 3, 4, 5, 1])
    empty = {"answer 99": Measurement(value=0.0, label="empty_answer")}
    with_empty = JudgeScores(judge="j", metric="judge_rubric", measurements={**scores.measurements, **empty})
    plain, more = (judging_findings([given], rng=rng()).judges[0] for given in (scores, with_empty))
    assert plain.length == more.length
    assert 6 == more.n_judged


def test_two_judges_are_compared_on_what_both_judged():
    grades = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]
    findings = judging_findings([graded("x", grades), graded("y", grades[:9])], rng=rng())
    (found,) = findings.agreements
    assert (("x", "y"), 1.0, 10, 9) == (
        found.raters,
        found.agreement.value,
        found.agreement.n_cases,
        found.agreement.n_pairable,
    )
    assert (
        "agreement of judges x and y (judge_rubric): alpha 1.00 [no interval], 9 cases" == judging_lines(findings)[-1]
    )


def test_three_judges_are_compared_together_and_two_by_two():
    grades = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]
    near = [1, 2, 3, 4, 5, 4, 4, 3, 2, 2]
    found = lines(graded("x", grades), graded("y", near), graded("z", grades))
    agreed = [line for line in found if line.startswith("agreement")]
    whose = [line.split(":")[0].removeprefix("agreement of judges ") for line in agreed]
    assert [f"{who} (judge_rubric)" for who in ("x, y and z", "x and y", "x and z", "y and z")] == whose
    assert "alpha 0.9" in agreed[1]


def test_judges_of_different_metrics_are_not_compared():
    found = judging_findings([graded("x", [1, 2, 3]), compared("y", [WIN, LOSS, TIE])], rng=rng())
    assert () == found.agreements


def test_an_agreement_that_is_not_defined_says_why():
    found = lines(graded("x", [4] * 8), graded("y", [4] * 8))
    assert "agreement of judges x and y (judge_rubric) cannot be told: every rating is 4" in found[-1]


def test_a_run_without_judges_has_no_lines():
    assert [] == lines()


@pytest.mark.parametrize("seed", [1, 2])
def test_equal_seeds_give_equal_findings(seed):
    judges = [graded("x", [1, 2, 3, 4, 5, 1]), graded("y", [2, 2, 3, 4, 5, 1])]
    once, again = (judging_findings(judges, rng=np.random.default_rng(seed)) for _ in range(2))
    assert once == again


def test_repeats_of_a_case_are_no_independent_evidence():
    alone = compared("j", [FIRST] * 12)
    cases = {key: f"case {number // 2}" for number, key in enumerate(alone.measurements)}
    together = JudgeScores(judge="j", metric="judge_pairwise", measurements=alone.measurements, cases=cases)
    few, many = (judging_findings([scores], rng=rng()).judges[0].position for scores in (together, alone))
    assert (2 / 2**6, 2 / 2**12) == (few.p_value, many.p_value)
    assert few.n_pairs == many.n_pairs == 12


def test_of_a_metric_whose_verdicts_are_not_known_one_by_one_only_the_agreement_is_told():
    values = [0.0, 0.5, 1.0, 1.0, 0.25, 0.75]
    measurements = {f"answer {number}": Measurement(value=value) for number, value in enumerate(values)}
    judges = [JudgeScores(judge=name, metric="faithfulness", measurements=measurements) for name in "xy"]
    assert ["agreement of judges x and y (faithfulness): alpha 1.00 [no interval], 6 cases"] == lines(*judges)
