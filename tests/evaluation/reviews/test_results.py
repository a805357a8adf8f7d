"""What follows from ratings: grades with intervals, pairs, agreement, and a page with names."""

from collections.abc import Callable

import pytest
from reviewable import candidate, fill, graded, opened, prefers
from stored_runs import numbers, store_run

from evaluation.errors import ConfigurationError
from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.reports.reviews.blinded import without_names
from evaluation.reports.reviews.result_page import (
    agreement_rows,
    fitting_width,
    item_rows,
    pair_rows,
    result_as_markdown,
    score_rows,
)
from evaluation.results.reviews import GradeFindings, PreferenceFindings, ReviewResult
from evaluation.reviews.rating_checks import checked, checked_rater
from evaluation.reviews.results import review_result
from evaluation.store.ratings import save_ratings
from evaluation.store.reviews import begin_session
from evaluation.store.runs import delete_run
from evaluation.store.session import Store


def rate(store: Store, review: ReviewRecord, rater: str, say: Callable[[ReviewItem], Said]) -> None:
    begin_session(store, session_id=rater, review_id=review.review_id, place="terminal", rater=rater)
    save_ratings(store, session_id=rater, rater=rater, ratings=checked(review, [say(item) for item in review.items]))


def grade_findings(result: ReviewResult) -> GradeFindings:
    assert isinstance(result.findings, GradeFindings)
    return result.findings


def test_equal_best_grades_are_nobodys_alone(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=1)
    rate(store, review, "ana", lambda item: graded(item, small=4, large=4))
    result = review_result(store, review.review_id)
    first, second = (each.candidate for each in grade_findings(result).candidates)
    assert result.sentence.startswith(f"{first} and {second} have the best overall grade: 4.00")
    assert result.sentence.endswith(f"; 1 case is too few to test the difference from {second}.")


def test_grades_are_averaged_over_raters_first_and_compared_in_pairs(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=12)
    rate(store, review, "ana", lambda item: graded(item, small=4 if item.position % 2 else 5, large=2))
    rate(store, review, "ben", lambda item: graded(item, small=4, large=1 if item.position % 2 else 3))
    result = review_result(store, review.review_id)

    findings = grade_findings(result)
    small, large = findings.candidates
    assert ("small:1b", 4.25, 12) == (
        small.candidate,
        small.grades["overall"].value,
        small.grades["overall"].n_cases,
    )
    # 4.25 and 2: the cases' differences are (4.5 - 2.5) and (4 - 1.5), half of each.
    assert 2.0 == large.grades["overall"].value
    difference = findings.differences[0]
    assert ("overall", "small:1b", "large:7b", 2.25) == (
        difference.criterion,
        difference.a,
        difference.b,
        difference.difference,
    )
    assert difference.low is not None
    assert difference.high is not None
    assert 2.08 < difference.low < 2.25 < difference.high < 2.42
    assert difference.is_significant
    speed = next(row for row in findings.differences if row.criterion == "speed")
    assert (0.0, False) == (speed.difference, speed.is_significant)
    assert result.sentence.startswith(
        "small:1b has the best overall grade: 4.25 [4.08, 4.42]. It is significantly higher than that of large:7b: 2.25"
    )


def test_no_interval_goes_beyond_what_grades_and_their_differences_can_be(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=2)
    rate(store, review, "ana", lambda item: graded(item, small=5 if item.position else 1, large=3 - item.position))
    result = review_result(store, review.review_id)

    means = [graded_candidate.grades["overall"] for graded_candidate in grade_findings(result).candidates]
    # Both are 1 to 5 on two cases, and differ by -2 and 3: Student's interval of that would be 0.5 ± 31.8.
    (difference,) = [row for row in grade_findings(result).differences if row.criterion == "overall"]
    assert [(1, 5)] * 2 == [(mean.low, mean.high) for mean in means]
    assert (0.5, -4, 4) == (difference.difference, difference.low, difference.high)
    assert "0.50 [-4.00, 4.00]" in [row["difference"] for row in pair_rows(result)]


def test_agreement_is_told_by_criterion_for_all_and_for_each_two(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=12)
    rate(store, review, "ana", lambda item: graded(item, small=1 + item.position % 5, large=2))
    assert () == review_result(store, review.review_id).findings.agreement
    rate(store, review, "ben", lambda item: graded(item, small=1 + item.position % 5, large=2))

    agreement = review_result(store, review.review_id).findings.agreement
    assert [1.0, 1.0, 1.0] == [row.agreement.value for row in agreement if row.criterion == "accuracy"]
    assert [None, 1.0, None] == [row.agreement.value for row in agreement if row.criterion == "speed"]
    rows = agreement_rows(review_result(store, review.review_id))
    assert "every rating is 3: agreement beyond chance is not defined" in [row["value"] for row in rows]


def test_a_metric_that_people_agree_with_goes_along_with_their_grades(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=12)
    right = {item.item_id: [output.answer.isdigit() for output in item.outputs] for item in review.items}

    def say(item: ReviewItem) -> Said:
        grades = tuple({name: 5 if ok else 1 for name in review.criteria} for ok in right[item.item_id])
        return Said(item_id=item.item_id, grades=grades)

    rate(store, review, "ana", say)
    metrics = {row.metric: row for row in review_result(store, review.review_id).findings.metrics}

    exact_match = metrics["exact_match"]
    assert ("spearman", 1.0, 24) == (exact_match.coefficient, exact_match.value, exact_match.n)


def test_preferences_are_counted_by_case_tested_by_sign_and_ranked(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=12, kind="preference")
    rate(store, review, "ana", lambda item: prefers(item, None if item.position < 2 else "large"))
    result = review_result(store, review.review_id)

    assert isinstance(result.findings, PreferenceFindings)
    (pair,) = result.findings.pairs
    assert ("large:7b", "small:1b", 10, 0, 2) == (pair.a, pair.b, pair.n_a, pair.n_b, pair.n_tied)
    assert 2 / 1024 == pytest.approx(pair.p_value)
    assert (
        "large:7b is preferred to small:1b on 10 of 12 cases, and small:1b to large:7b on 0, 2 tied "
        "(sign test p = .0020)."
    ) == result.sentence
    assert ["large:7b", "small:1b"] == [row["side"] for row in score_rows(result)]
    # Both take a side on the cases on which one alone is right, and people prefer the large one on all of these.
    same_side = next(row for row in result.findings.metrics if row.metric == "exact_match")
    apart = [
        item
        for item in review.items
        if item.position >= 2 and len({output.answer.isdigit() for output in item.outputs}) == 2
    ]
    with_people = sum(
        output.answer.isdigit() for item in apart for output in item.outputs if output.candidate == "large:7b"
    )
    assert (len(apart), with_people / len(apart)) == (same_side.n, same_side.value)


@pytest.mark.parametrize(
    ("preferred", "sentence"),
    [
        (
            ("large", "large", "small", "small", None),
            "large:7b and small:1b are preferred equally often, each on 2 of 5 cases, 1 tied (sign test p = 1.000).",
        ),
        ((None, None), "large:7b and small:1b are tied on all 2 cases."),
        ((None,), "large:7b and small:1b are tied on the one case."),
    ],
)
def test_of_a_draw_nobody_is_said_to_be_preferred(
    store: Store, preferred: tuple[str | None, ...], sentence: str
) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=len(preferred), kind="preference")
    rate(store, review, "ana", lambda item: prefers(item, preferred[item.position]))
    result = review_result(store, review.review_id)

    assert sentence == result.sentence
    (row,) = pair_rows(result)
    n_each = f"{preferred.count('large')}"
    assert (n_each, n_each) == (row["better on"], row["worse on"])
    assert not [name for name in row if "prefer" in name]


def test_two_raters_of_preferences_agree_or_do_not(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=12, kind="preference")
    rate(store, review, "ana", lambda item: prefers(item, "large"))
    rate(store, review, "ben", lambda item: prefers(item, "large"))
    same = review_result(store, review.review_id).findings.agreement
    rate(store, review, "ben", lambda item: prefers(item, "small"))
    other = review_result(store, review.review_id).findings.agreement

    assert {"krippendorff_alpha_ordinal": 1.0, "raw_agreement": 1.0, "weighted_kappa_quadratic": 1.0} == {
        row.agreement.coefficient: row.agreement.value for row in same
    }
    assert all(row.agreement.value is not None and row.agreement.value <= 0 for row in other)


def test_cases_that_were_picked_for_their_differences_do_not_speak_for_the_benchmark(store: Store) -> None:
    fill(store, n=12)
    review = opened(store, n_cases=10, control_share=0.2)
    rate(store, review, "ana", lambda item: graded(item, small=4, large=2))
    result = review_result(store, review.review_id)

    assert {"control": 2} == {reason: n for reason, n in result.picked.items() if reason == "control"}
    assert 2 == grade_findings(result).candidates[0].controls["overall"].n_cases
    assert any("the 2 random controls alone speak for the whole benchmark" in note for note in result.notes)
    assert any("one person rated, ana" in note for note in result.notes)


def test_where_a_case_shows_a_part_of_the_candidates_it_is_said_before_and_after(store: Store) -> None:
    cases = numbers(6)
    store_run(store, *(candidate(f"m{i}:1b", cases, [i, i + 1]) for i in range(5)), cases=cases, run_id="run-1")
    result = review_result(store, opened(store, n_cases=6).review_id)

    assert "A case shows 4 of the 5 candidates." in without_names(result).sentence
    assert any(note.startswith("a case shows 4 of the 5 candidates: not all are rated on") for note in result.notes)
    assert "a case shows 4 of the 5 candidates" == without_names(result).part_shown
    four = review_result(store, opened(store, n_cases=6, candidates=[f"m{i}:1b" for i in range(4)]).review_id)
    assert not any("a case shows" in note for note in (*four.notes, without_names(four).sentence))


def test_cases_that_one_candidate_did_not_answer_are_counted(store: Store) -> None:
    cases = numbers(6)
    partly = candidate("part:1b", cases[:2], [0])
    store_run(store, candidate("a:1b", cases, [0]), candidate("b:1b", cases, [1]), partly, cases=cases, run_id="run-1")
    result = review_result(store, opened(store, n_cases=6).review_id)

    assert "4 of 6 cases show a part of the 3 candidates" == without_names(result).part_shown


def test_the_page_has_names_and_no_markup_of_anybody_elses(store: Store) -> None:
    fill(store)
    review = opened(store)
    rate(
        store,
        review,
        "<b>eve</b> | x",
        lambda item: Said(
            item_id=item.item_id, grades=graded(item, small=4, large=2).grades, notes="[x](http://e) | y"
        ),
    )
    result = review_result(store, review.review_id)
    page = result_as_markdown(result)

    assert "small:1b" in page
    for raw in ("<b>", "](http", "http://"):
        assert raw not in page.replace("\\", "\\\\")
    assert {"<b>eve</b> | x"} == {row["rater"] for row in item_rows(result)}


def test_every_table_of_the_page_fits_beside_prefects_menus(store: Store) -> None:
    names = ("qwen2.5-coder:7b-instruct-q4_K_M", "llama3.2:3b-instruct-q8_0")
    fill(store, names=names)

    def say(item: ReviewItem, kind: str) -> Said:
        return graded(item, qwen=4, llama=2) if kind == "grades" else prefers(item, "qwen")

    for kind in ("grades", "preference"):
        review = opened(store, kind=kind)
        for rater in ("ana", "ben"):
            begin_session(store, session_id=kind + rater, review_id=review.review_id, place="terminal", rater=rater)
            said = checked(review, [say(item, review.kind) for item in review.items])
            save_ratings(store, session_id=kind + rater, rater=rater, ratings=said)
        page = result_as_markdown(review_result(store, review.review_id)).replace("\\", "")

        lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
        # A letter takes 8 of the 710 pixels, and the edges of a cell 24.
        widths = [[max(map(len, cell.strip().split("<br>"))) for cell in line] for line in lines]
        assert widths
        assert all(sum(8 * n + 24 for n in line) <= 710 for line in widths)


def test_a_table_of_short_texts_is_not_folded() -> None:
    assert 44 == fitting_width([{"metric": "exact_match", "value": "0.25"}])
    assert 12 == fitting_width([{f"column {n}": "x" * 40 for n in range(12)}])


def test_case_by_case_says_who_said_what_of_whom_and_why_it_was_picked(store: Store) -> None:
    fill(store)
    review = opened(store, n_cases=2, kind="preference", control_share=0.5)
    rate(store, review, "ana", lambda item: Said(item_id=item.item_id, preferred=0, notes="short | and <b>right</b>"))
    lines = result_as_markdown(review_result(store, review.review_id)).replace("\\", "").splitlines()

    first = review.items[0]
    a, b = (output.candidate for output in first.outputs)
    at = lines.index(f"- **Case 1**, {first.case_id}: A = {a}; B = {b}. *{first.reason}: {first.why}*")
    assert f"    - ana: {a} is better. Notes: short | and &lt;b&gt;right&lt;/b&gt;" == lines[at + 1]


def test_nobody_has_rated_is_said_and_a_review_outlives_its_runs(store: Store) -> None:
    fill(store)
    review = opened(store)
    assert review_result(store, review.review_id).sentence.startswith("Nobody has rated a case")
    assert result_as_markdown(review_result(store, review.review_id)).startswith("# Review")
    rate(store, review, "ana", lambda item: graded(item, small=4, large=2))
    delete_run(store, "run-1")

    result = review_result(store, review.review_id)
    assert (10, ()) == (result.n_rated, result.findings.metrics)


@pytest.mark.parametrize("value", [0, 6, 9, True, "5", 4.0, None])
def test_a_grade_that_is_none_is_refused(store: Store, value: object) -> None:
    fill(store)
    review = opened(store)
    said = graded(review.items[0], small=4, large=2)
    assert said.grades is not None
    wrong: dict[str, object] = {**said.grades[0], "accuracy": value}

    with pytest.raises(ConfigurationError, match="a grade is a whole number from 1 to 5"):
        checked(review, [Said(item_id=said.item_id, grades=(wrong, said.grades[1]))])  # type: ignore[arg-type]


def test_what_does_not_fit_the_review_is_refused(store: Store) -> None:
    fill(store)
    review, other = opened(store), opened(store, kind="preference")
    item = review.items[0]
    full = graded(item, small=4, large=2)
    assert full.grades is not None

    for said in (
        Said(item_id=99),
        Said(item_id=item.item_id, preferred=0),
        Said(item_id=item.item_id, grades=full.grades[:1]),
        Said(item_id=item.item_id, grades=({"accuracy": 3}, full.grades[1])),
        Said(item_id=item.item_id, grades=full.grades, notes="x" * 4001),
    ):
        with pytest.raises(ConfigurationError):
            checked(review, [said])
    with pytest.raises(ConfigurationError):
        checked(other, [Said(item_id=other.items[0].item_id, preferred=2)])
    assert "ana b" == checked_rater("  ana   b ")
    with pytest.raises(ConfigurationError, match="name is empty"):
        checked_rater(" \n")
