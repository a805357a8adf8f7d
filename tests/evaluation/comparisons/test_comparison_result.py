"""What a comparison says and shows, whatever its sides are called and whatever they wrote."""

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from compared_runs import candidate, cases_of, compared, right_on, store_run, timed
from comparison_results import a_comparison, a_pair, some_flips
from hostile_texts import foreign_markup
from stored_rows import list_comparisons
from stored_runs import answer

from evaluation.comparisons.comparison_result import compare_and_store
from evaluation.comparisons.regression_checks import RegressionCheck, regression_checks
from evaluation.comparisons.sentences import not_worse, pair_sentence
from evaluation.reports.comparisons.junit import as_junit
from evaluation.reports.comparisons.markdown import comparisons_as_markdown
from evaluation.reports.comparisons.tables import (
    RATIOS,
    artifact_rows,
    flip_line,
    matrix_rows,
    metric_rows,
    note_lines,
    side_rows,
)
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.results.comparisons import ComparisonResult
from evaluation.stats.verdicts import Kind
from evaluation.store.comparisons import find_comparison
from evaluation.store.session import Store

CASES = cases_of(40)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "B is better than A by 4.1 points [1.9, 6.3], p = .0004 (exact McNemar), 1,319 pairs"),
        (
            {"n_clusters": 57},
            "B is better than A by 4.1 points [1.9, 6.3], p = .0004 (exact McNemar), 1,319 pairs in 57 clusters",
        ),
        (
            {"verdict": "A better", "higher_is_better": False, "unit": "s", "difference": -1.25, "low": -2, "high": -1},
            "A is better than B by 1.25 s [1, 2] (exact_match, lower is better), p = .0004 (exact McNemar), "
            "1,319 pairs",
        ),
        (
            {"verdict": "equivalent", "margin": 0.02, "difference": 0.001, "low": -0.01, "high": 0.012, "p_value": 0.8,
             "p_adjusted": 0.8},
            "A and B are equivalent within 2 points (A minus B: +0.1 points [-1.0, +1.2], p = .800 (exact McNemar), "
            "1,319 pairs)",
        ),
        (
            {"verdict": "inconclusive", "n_more": 240, "aim": 0.03, "difference": 0.012, "low": -0.01, "high": 0.034,
             "p_value": 0.28, "p_adjusted": 0.28},
            "inconclusive: 240 more cases would settle a 3-point difference "
            "(A minus B: +1.2 points [-1.0, +3.4], p = .280 (exact McNemar), 1,319 pairs)",
        ),
        (
            {"verdict": "inconclusive", "n_more": 0, "aim": 0.03, "difference": 0.0, "low": -0.01, "high": 0.01,
             "p_value": 1.0, "p_adjusted": 1.0},
            "inconclusive: a difference of 3.1 points or more would have shown "
            "(A minus B: +0.0 points [-1.0, +1.0], p = 1.000 (exact McNemar), 1,319 pairs)",
        ),
        (
            {"verdict": "inconclusive", "n_more": 2_127, "aim": 0.03, "difference": 0.1, "low": -0.06, "high": 0.26,
             "p_value": 0.29, "p_adjusted": 0.29, "n_pairs": 40, "n_better_a": 8, "n_better_b": 4, "n_equal": 28},
            "inconclusive: 2,127 more cases would settle a 3-point difference, and 209 more cases the observed one "
            "of 10 points (A minus B: +10.0 points [-6.0, +26.0], p = .290 (exact McNemar), 40 pairs)",
        ),
        (
            {"verdict": "inconclusive", "n_more": 900, "aim": 0.02, "margin": 0.02, "difference": 0.1, "low": -0.06,
             "high": 0.26, "p_value": 0.29, "p_adjusted": 0.29},
            "inconclusive: 900 more cases would settle a 2-point difference, the margin "
            "(A minus B: +10.0 points [-6.0, +26.0], p = .290 (exact McNemar), 1,319 pairs)",
        ),
        (
            {"verdict": "inconclusive", "kind": "ratio", "unit": "s", "n_more": 90, "aim": 1.04, "difference": 1.04,
             "low": 0.98, "high": 1.11, "p_value": 0.29, "p_adjusted": 0.29},
            "inconclusive: 90 more cases would settle a factor of 1.04, the observed one "
            "(A to B: 1.04 times [0.98, 1.11], p = .290 (exact McNemar), 1,319 pairs)",
        ),
        (
            {"verdict": "inconclusive", "kind": "ratio", "unit": "tokens", "difference": 1.0, "low": None, "high": None,
             "mde": None, "p_value": 1.0, "p_adjusted": 1.0, "n_pairs": 40, "n_equal": 40},
            "inconclusive: A and B are equal on all 40 pairs",
        ),
        (
            {"verdict": "inconclusive", "n_more": 220, "aim": 0.03, "difference": 0.0, "low": -0.09, "high": 0.09,
             "p_value": 1.0, "p_adjusted": 1.0, "n_pairs": 40, "n_better_a": 0, "n_better_b": 0, "n_equal": 40},
            "inconclusive: A and B are equal on all 40 pairs, which leaves a difference of up to 9.0 points possible",
        ),
        (
            {"verdict": "insufficient data", "n_pairs": 4},
            "insufficient data: 4 pairs are too few to tell A from B (at least 6)",
        ),
        (
            {"verdict": "insufficient data", "n_pairs": 0, "difference": None},
            "A and B share no case with a value on both sides",
        ),
        (
            {"verdict": "B better", "kind": "ratio", "unit": "s", "metric": "latency_s", "difference": 2.0, "low": 1.6,
             "high": 2.5, "higher_is_better": False},
            "B is better than A: latency_s 0.5 times [0.4, 0.625] as large, p = .0004 (exact McNemar), 1,319 pairs",
        ),
        (
            {"verdict": "A better", "kind": "ordinal", "difference": 0.2, "low": 0.1, "high": 0.3},
            "A is better than B: rated higher 20.0 points [10.0, 30.0] more often than lower, "
            "p = .0004 (exact McNemar), 1,319 pairs",
        ),
    ],
)  # fmt: skip
def test_a_sentence_says_who_is_better_or_what_is_missing(changes: dict[str, Any], said: str) -> None:
    assert said == pair_sentence(a_pair(**changes))


def test_not_worse_is_said_of_the_side_for_which_it_is_shown() -> None:
    loss = a_pair(margin=0.08, p_a_not_worse=0.01, p_b_not_worse=0.0)

    assert "A is not worse than B by 8 points or more (p = .010)." == not_worse(loss)
    assert None is not_worse(loss, against="A")
    assert None is not_worse(a_pair())
    assert None is not_worse(replace(loss, p_a_not_worse=0.2))


HOSTILE = "|a](javascript:alert(1)) <img src=x onerror=alert(1)> `b` :1b"


def hostile_result(store: Store) -> ComparisonResult:
    said = {case.case_id: answer("<script>alert(1)</script> | [x](javascript:y) ![z](http://evil)") for case in CASES}
    store_run(
        store, candidate(HOSTILE, said), candidate("b:1b", right_on(CASES, range(40))), cases=CASES, run_id="hostile"
    )
    return compared(store, "hostile")


def test_the_page_shows_hostile_names_and_answers_as_text(store: Store) -> None:
    page = comparisons_as_markdown([hostile_result(store)])

    assert [] == foreign_markup(page)
    assert "<script" not in page
    assert "<img" not in page
    assert "](javascript" not in page
    assert "![z]" not in page
    assert "http://" not in page
    # Whatever a cell holds, a table's row has as many of them as its head.
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith("| ")]
    assert len(tables) > 2
    assert all(1 == len({line.replace("\\|", "").count("|") for line in table}) for table in tables)


def test_the_page_links_to_flow_runs_and_tables_and_shows_pictures(store: Store) -> None:
    result = hostile_result(store)

    page = comparisons_as_markdown([result], flow_runs={"hostile": ("f1", HOSTILE)}, tables=["t1"])

    assert [] == foreign_markup(page)
    assert "[All pairs, searchable and sortable](../../artifacts/artifact/t1)" in page
    assert "(../../runs/flow-run/f1)" in page
    assert 1 == page.count("](../../runs/")
    assert 2 <= page.count("](data:image/svg+xml;base64,") <= 3


def test_the_page_has_sentence_table_flips_and_sources_in_this_order(store: Store) -> None:
    store_run(
        store,
        candidate("a:1b", right_on(CASES, range(10))),
        candidate("b:1b", right_on(CASES, range(30))),
        cases=CASES,
        run_id="one",
    )
    page = comparisons_as_markdown([compared(store, "one")])

    places = [page.index(text) for text in ("> b:1b is better", "| metric |", "cases flipped", "Where the numbers")]
    assert sorted(places) == places


def test_a_ratio_is_said_to_be_of_the_cases_and_not_of_the_two_means_beside_it(store: Store) -> None:
    store_run(
        store,
        candidate("a:1b", timed(CASES, 1.0)),
        candidate("b:1b", {**timed(CASES, 0.5), **timed(CASES[:20], 3.0)}),
        cases=CASES,
        run_id="one",
    )
    result = compared(store, "one")
    page = comparisons_as_markdown([result])
    alike = replace(result, pairs=tuple(pair for pair in result.pairs if pair.kind != Kind.RATIO))

    assert 1 == page.count(RATIOS)
    assert page.index(" times \\[") < page.index(RATIOS) < page.index("Where the numbers")
    assert RATIOS not in comparisons_as_markdown([alike])


def test_of_many_sides_a_ratio_is_explained_where_the_headline_is_one(store: Store) -> None:
    run = store_run(
        store,
        *(candidate(f"m{n}:1b", timed(CASES, n + 1.0)) for n in range(3)),
        cases=CASES,
        run_id="three",
    )

    assert 1 == comparisons_as_markdown([compared(store, run, metrics=["latency_s"])]).count(RATIOS)
    assert RATIOS not in comparisons_as_markdown([compared(store, run)])


def test_junit_is_valid_xml_whatever_a_model_is_called() -> None:
    check = RegressionCheck(
        benchmark='n<&"\x00', metric="m", baseline="]]>\x1b", side="\ud800", outcome="regressed", sentence="<b>&\x0b"
    )

    (suite,) = fromstring(as_junit([check]))

    assert "1" == suite.attrib["failures"]
    assert "<b>&" in str(suite[0][0].text)


def test_a_side_without_a_score_is_an_error_to_continuous_integration_and_fails_the_check(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(9))),
        candidate("b:1b", right_on(CASES, range(30))),
        candidate("silent:1b", {}),
        cases=CASES,
    )

    *others, silent = regression_checks([compared(store, run)])

    assert [False] == [check.has_failed for check in others]
    assert ("silent:1b", "unscored", True) == (silent.side, silent.outcome, silent.has_failed)
    (suite,) = fromstring(as_junit([*others, silent]))
    assert ("2", "0", "1") == (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"])
    assert "silent:1b has no score" in str(suite[-1][0].text)


def test_flips_are_told_of_where_there_are_any_and_notes_name_metrics_as_the_tables_do() -> None:
    assert flip_line(some_flips()) is None
    flips = some_flips(n_better_a=1, n_equal=11)
    assert "1 case flipped: x is better on 1, y on 0; 11 alike" == flip_line(flips)
    notes = ("latency_s, ttft_s: compared", "a – b: latency_s", "no colon")
    assert ["latency s, time to first token s: compared", *notes[1:]] == note_lines(a_comparison(notes=notes))


def test_a_stored_comparison_is_the_one_that_was_made(store: Store) -> None:
    run = store_run(
        store, candidate("a:1b", right_on(CASES, range(9))), candidate("b:1b", right_on(CASES, range(30))), cases=CASES
    )
    result = compared(store, run)

    stored = find_comparison(store, result.comparison_id[:6])

    assert stored.result == result
    assert (run,) == stored.run_ids
    assert result.code_version == stored.code_version
    assert {"digest-of-a:1b", "digest-of-b:1b"} == {digest for side in stored.result.sides for digest in side.digests}
    assert [stored] == list(list_comparisons(store))


def test_the_winner_of_many_is_said_with_its_smallest_lead(store: Store) -> None:
    run = store_run(
        store, *(candidate(f"m{n}:1b", right_on(CASES, range(n * 13))) for n in range(4)), cases=CASES, run_id="four"
    )

    assert (
        compared(store, run)
        .sentences[0]
        .startswith("m3:1b is the best of 4: better than the nearest, m2:1b, by 32.5 points [")
    )


def test_tables_hold_every_side_and_pair(store: Store) -> None:
    run = store_run(
        store, *(candidate(f"m{n}:1b", right_on(CASES, range(n * 10))) for n in range(3)), cases=CASES, run_id="three"
    )
    result = compared(store, run)

    assert ["m2:1b", "m1:1b", "m0:1b"] == [row["side"] for row in side_rows(result)]
    assert ["", "+25.0*", "+50.0*"] == [matrix_rows(result)[0][name] for name in ("m2:1b", "m1:1b", "m0:1b")]
    assert len(result.pairs) == len(artifact_rows(result))


def test_two_sides_of_which_one_is_called_like_a_column_keep_all_columns(store: Store) -> None:
    run = store_run(
        store,
        candidate("pairs", right_on(CASES, range(9))),
        candidate("verdict", right_on(CASES, range(30))),
        cases=CASES,
    )

    row = metric_rows(compared(store, run))[0]

    assert 7 == len(row)
    assert "40" == row["pairs"]


def test_a_metric_that_is_the_same_on_every_case_is_said_to_be(store: Store) -> None:
    run = store_run(
        store, candidate("a:1b", right_on(CASES, range(9))), candidate("b:1b", right_on(CASES, range(30))), cases=CASES
    )

    (row,) = [row for row in metric_rows(compared(store, run)) if row["metric"] == "tokens out"]

    assert "equal on every case" in row.values()


def test_checks_hold_every_side_against_the_first(store: Store) -> None:
    run = store_run(store, *(candidate(f"m{n}:1b", right_on(CASES, range(40 - n * 15))) for n in range(3)), cases=CASES)

    checks = regression_checks([compared(store, run)])

    assert [("m1:1b", "regressed"), ("m2:1b", "regressed")] == [(check.side, check.outcome) for check in checks]


@pytest.fixture
def run(store: Store) -> str:
    """A run of two candidates."""
    good, poor = right_on(CASES, range(30)), right_on(CASES, range(9))
    return store_run(store, candidate("good:1b", good), candidate("poor:1b", poor), cases=CASES, run_id="one")


def test_what_was_compared_with_its_evaluation_is_found_again_when_its_run_is_compared(store: Store, run: str) -> None:
    evaluation = EvaluationRequest(benchmarks=["numbers"], models=["good:1b", "poor:1b"])
    (made,) = compare_and_store(store, ComparisonRequest(evaluation=evaluation), evaluated=[run])

    (again,) = compare_and_store(store, ComparisonRequest(runs=[run]))

    assert made.comparison_id == again.comparison_id
    assert [made.comparison_id] == [stored.comparison_id for stored in list_comparisons(store)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"margin": "2pp"}, {"margin": "2%"}),
        ({"against": "first"}, {"against": "good:1b"}),
        ({"n_flips": 2}, {"n_flips": 9}),
    ],
)
def test_the_same_question_in_other_words_is_one_comparison(
    store: Store, run: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    compare_and_store(store, ComparisonRequest(runs=[run], **one))
    (said,) = compare_and_store(store, ComparisonRequest(runs=[run], **other))

    (stored,) = list_comparisons(store)
    assert said == stored.result


@pytest.mark.parametrize(
    "other", [{"margin": "2pp"}, {"against": "first"}, {"by": "model"}, {"metrics": ["latency_s"]}]
)
def test_another_question_is_another_comparison(store: Store, run: str, other: dict[str, Any]) -> None:
    compare_and_store(store, ComparisonRequest(runs=[run]))
    compare_and_store(store, ComparisonRequest(runs=[run], **other))

    assert 2 == len(list_comparisons(store))


def test_a_comparison_follows_the_scores_of_its_run(store: Store, run: str) -> None:
    (before,) = compare_and_store(store, ComparisonRequest(runs=[run]))
    with store.write() as connection:  # as a metric that was mended scores it anew
        connection.exec_driver_sql("UPDATE score SET value = 0")

    (after,) = compare_and_store(store, ComparisonRequest(runs=[run]))

    assert before.comparison_id == after.comparison_id
    assert "inconclusive" == after.pairs[0].verdict
    assert after == find_comparison(store, after.comparison_id).result
