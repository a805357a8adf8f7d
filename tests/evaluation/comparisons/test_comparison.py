"""Of a model whose texts change when it is asked again, a small difference says so; nothing else is bothered."""

import json
from collections.abc import Mapping
from dataclasses import replace
from math import exp, log
from typing import Any

import pytest
import sqlalchemy as sa
from compared_runs import candidate, cases_of, compared, failed, pair_of, right_on, store_run, timed
from stored_runs import answer, asked, numbers
from stored_runs import store_run as store_plain_run

from evaluation.candidate import PromptProfile
from evaluation.comparisons.run_verdict import headline_verdict
from evaluation.errors import BenchwrightError, ConfigurationError, IncomparableError, UnknownNameError
from evaluation.generation import Outcome
from evaluation.reports.comparisons.tables import pair_rows
from evaluation.results.as_json import as_json
from evaluation.run_results.run_result import run_result
from evaluation.store.changed_texts import find_changed_texts
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import generation

CASES = cases_of(40)


def test_two_candidates_of_a_run_are_paired_case_by_case(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(10))),
        candidate("b:1b", right_on(CASES, range(30))),
        cases=CASES,
    )

    pair = pair_of(compared(store, run))

    assert ("a:1b", "b:1b", "B better", 40) == (pair.a, pair.b, pair.verdict, pair.n_pairs)
    assert -0.5 == pair.difference
    # McNemar's exact test on 0 against 20 discordant pairs.
    assert pytest.approx(2 * 0.5**20) == pair.p_value
    assert (0, 20, 20) == (pair.n_better_a, pair.n_better_b, pair.n_equal)
    # sd of 20 differences of -1 and 20 of 0 is sqrt(40/39)/2.
    assert pytest.approx((40 / 39) ** 0.5 / 2 / 40**0.5) == pair.standard_error


def test_the_same_numbers_make_one_comparison_however_often_they_are_looked_at(store: Store) -> None:
    run = store_run(
        store, candidate("a:1b", right_on(CASES, range(10))), candidate("b:1b", right_on(CASES, range(30))), cases=CASES
    )

    first, again = compared(store, run), compared(store, "last")

    assert json.dumps(as_json(first)) == json.dumps(as_json(again))


def test_pairs_are_made_by_case_id_and_never_by_position(store: Store) -> None:
    right = right_on(CASES, range(0, 40, 2))
    store_run(store, candidate("a:1b", right), cases=CASES, run_id="one")
    backwards = dict(reversed(right.items()))
    store_run(store, candidate("b:1b", backwards), cases=CASES, run_id="two")

    pair = pair_of(compared(store, "one", "two"))

    assert (0, 0, 40) == (pair.n_better_a, pair.n_better_b, pair.n_equal)


def test_only_cases_that_both_have_are_paired(store: Store) -> None:
    store_run(store, candidate("a:1b", right_on(CASES, range(40))), cases=CASES, run_id="one")
    some = {case.case_id: answer("no idea") for case in CASES[:12]}
    store_run(store, candidate("b:1b", some), cases=CASES, run_id="two", limit=12)

    result = compared(store, "one", "two")

    pair = pair_of(result)
    assert (12, 28, 0, "A better") == (pair.n_pairs, pair.n_only_a, pair.n_only_b, pair.verdict)
    assert 12 == result.metrics[0].values["a:1b"].n_cases


def test_failures_of_the_server_are_left_out_and_counted_as_zero_beside(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(40)) | failed(CASES, range(30, 40))),
        candidate("b:1b", right_on(CASES, range(40))),
        cases=CASES,
    )

    result = compared(store, run)

    pair = pair_of(result)
    assert (30, 0.0, "inconclusive") == (pair.n_pairs, pair.difference, pair.verdict)
    zero = pair.failures_as_zero
    assert (40, -0.25, "B better") == (zero.n_pairs, zero.difference, zero.verdict)
    side = result.sides[0]
    assert ({"timed_out": 10}, 40, 30) == (side.counts.failures, side.counts.n_asked, side.counts.n_answered)


def test_repeats_of_a_case_are_averaged_and_are_one_pair(store: Store) -> None:
    cases = cases_of(8)
    half = {case.case_id: [answer(case.references[0]), answer("no")] for case in cases}
    none = {case.case_id: [answer("no"), answer("no")] for case in cases}
    run = store_run(store, candidate("a:1b", half), candidate("b:1b", none), cases=cases, n_repeats=2)

    pair = pair_of(compared(store, run))

    assert (8, 0.5, "continuous") == (pair.n_pairs, pair.difference, pair.kind)
    # All eight differences point one way: 2 / 2^8.
    assert 2 / 2**8 == pair.p_value


def test_declared_clusters_are_what_was_sampled(store: Store) -> None:
    cases = tuple(replace(case, cluster=f"topic {i // 5}") for i, case in enumerate(CASES))
    run = store_run(
        store, candidate("a:1b", right_on(cases, range(20))), candidate("b:1b", right_on(cases, range(0))), cases=cases
    )

    pair = pair_of(compared(store, run))

    assert (40, 8, "cluster_t") == (pair.n_pairs, pair.n_clusters, pair.method)


def test_latency_is_a_geometric_mean_of_ratios_and_less_is_better(store: Store) -> None:
    cases = cases_of(12)
    run = store_run(
        store, candidate("slow:1b", timed(cases, 2.0)), candidate("fast:1b", timed(cases, 0.5)), cases=cases
    )

    pair = pair_of(compared(store, run), "latency_s")

    assert ("ratio", "B better", 12) == (pair.kind, pair.verdict, pair.n_pairs)
    assert pytest.approx(exp(log(2.0) - log(0.5))) == pair.difference
    # The median of 12 latencies that rise by a hundredth of the first.
    assert pytest.approx((2.0 - 0.5) * 1.055) == pair.tails["p50"].value
    assert {"p50", "p95"} == pair.tails.keys()


def test_reused_answers_have_tokens_and_no_time(store: Store) -> None:
    cases = cases_of(8)
    run = store_run(
        store,
        candidate("a:1b", timed(cases, 1.0, reused=True)),
        candidate("b:1b", timed(cases, 2.0)),
        cases=cases,
    )

    result = compared(store, run)

    metrics = [found.metric for found in result.metrics]
    assert "latency_s" not in metrics
    assert "output_tokens" in metrics
    assert 8 == result.sides[0].counts.n_reused


def test_a_winner_of_three_is_better_than_each(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(10))),
        candidate("b:1b", right_on(CASES, range(30))),
        candidate("c:1b", right_on(CASES, range(11))),
        cases=CASES,
    )

    result = compared(store, run)

    headline = result.metrics[0]
    assert "b:1b" == result.winner == headline.winner
    assert ("b:1b", "c:1b", "a:1b") == headline.order
    assert (("b:1b",), ("c:1b", "a:1b")) == headline.groups
    assert {"b:1b": (1, 1), "c:1b": (2, 3), "a:1b": (2, 3)} == headline.ranks
    assert "cochran_q" == headline.gate.test
    assert 3 == len([pair for pair in result.pairs if pair.metric == "exact_match"])


def test_there_is_no_winner_where_the_first_two_cannot_be_told_apart(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(10))),
        candidate("b:1b", right_on(CASES, range(30))),
        candidate("c:1b", right_on(CASES, range(29))),
        cases=CASES,
    )

    result = compared(store, run)

    assert None is result.winner
    assert result.sentences[0].startswith("no winner among 3: b:1b and c:1b cannot be told apart")


def test_against_a_baseline_only_pairs_with_it_are_compared(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(10))),
        candidate("b:1b", right_on(CASES, range(30))),
        candidate("c:1b", right_on(CASES, range(11))),
        cases=CASES,
    )

    result = compared(store, run, against="a:1b")

    headline = [(pair.a, pair.b) for pair in result.pairs if pair.metric == "exact_match"]
    assert [("b:1b", "a:1b"), ("c:1b", "a:1b")] == headline
    assert result.sentences[0].startswith("against a:1b: better: b:1b (by 50.0 points [")


def test_equivalence_and_not_worse_need_a_margin(store: Store) -> None:
    cases = cases_of(200)
    right = {case.case_id: answer(case.references[0]) for case in cases}
    run = store_run(store, candidate("a:1b", right), candidate("b:1b", dict(right)), cases=cases)

    without, within = pair_of(compared(store, run)), compared(store, run, margin="5pp")

    assert "inconclusive" == without.verdict
    assert ("equivalent", 0.05) == (pair_of(within).verdict, pair_of(within).margin)
    assert within.sentences[0].startswith("a:1b and b:1b are equivalent within 5 points (")


@pytest.mark.parametrize("margin", ["5pp", "5%", "0.05", " 5 pp"])
def test_a_margin_may_be_written_in_three_ways(store: Store, margin: str) -> None:
    run = store_run(
        store, candidate("a:1b", right_on(CASES, range(9))), candidate("b:1b", right_on(CASES, range(9))), cases=CASES
    )

    assert 0.05 == pair_of(compared(store, run, margin=margin)).margin


@pytest.mark.parametrize("margin", ["", "two", "-2pp", "0", "nan", "inf", "2", "1e999"])
def test_a_margin_that_is_none_is_refused(store: Store, margin: str) -> None:
    run = store_run(
        store, candidate("a:1b", right_on(CASES, range(9))), candidate("b:1b", right_on(CASES, range(9))), cases=CASES
    )

    with pytest.raises(ConfigurationError, match="--margin"):
        compared(store, run, margin=margin)


def test_chosen_metrics_alone_are_compared(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(9))),
        candidate("b:1b", right_on(CASES, range(12))),
        cases=CASES,
        metrics=("exact_match", "token_f1"),
    )

    assert ["token_f1"] == [found.metric for found in compared(store, run, metrics=["token_f1"]).metrics]
    assert ["latency_s"] == [found.metric for found in compared(store, run, metrics=["latency_s"]).metrics]
    every = [found.metric for found in compared(store, run).metrics]
    assert ["exact_match", "token_f1", "latency_s"] == every[:3]


def test_an_unknown_metric_names_those_that_were_measured(store: Store) -> None:
    run = store_run(
        store, candidate("a:1b", right_on(CASES, range(9))), candidate("b:1b", right_on(CASES, range(12))), cases=CASES
    )

    with pytest.raises(UnknownNameError, match="did you mean 'exact_match'"):
        compared(store, run, metrics=["exact_mach"])


def test_a_candidate_without_a_score_is_left_out_and_said_to_be(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(9))),
        candidate("broken:1b", failed(CASES, range(40))),
        candidate("b:1b", right_on(CASES, range(12))),
        cases=CASES,
    )

    result = compared(store, run)

    assert ["a:1b", "b:1b"] == [side.label for side in result.sides]
    assert "broken:1b: no scores, left out" in result.notes


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"runs": ["one"]}, "a comparison needs two sides, and there is only 'a:1b'"),
        ({"runs": ["one", "one"]}, "a comparison needs two sides, and there is only 'a:1b'"),
        ({"runs": ["one", "none"]}, "fewer than two sides have scores: no scores for 'b:1b' (run none)"),
        ({"runs": ["one", "other"]}, "'a:1b' and 'c:1b' share no case with a value of 'exact_match' on both sides"),
        ({"runs": ["one", "three"], "by": "colour"}, "unknown comparison key 'colour'"),
        ({"runs": ["one", "three"], "against": "nobody"}, "unknown side 'nobody'"),
        ({"runs": ["one", "three"], "by": "temperature"}, "by 'temperature' there is only 'temperature=0.0'"),
        ({"runs": ["never"]}, "unknown run 'never'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(store: Store, asked: dict[str, Any], said: str) -> None:
    first, second = right_on(CASES[:20], range(9)), right_on(CASES, range(30))
    store_run(store, candidate("a:1b", first), cases=CASES, run_id="one")
    store_run(store, candidate("b:1b", {}), cases=CASES, run_id="none")
    rest = {case.case_id: second[case.case_id] for case in CASES[20:]}
    store_run(store, candidate("c:1b", rest), cases=CASES, run_id="other")
    store_run(store, candidate("d:1b", second), cases=CASES, run_id="three")

    with pytest.raises(BenchwrightError) as refused:
        compared(store, *asked.pop("runs"), **asked)

    assert said in refused.value.message
    assert refused.value.next_step


def test_another_benchmark_version_is_refused_and_the_difference_said(store: Store) -> None:
    store_run(store, candidate("a:1b", right_on(CASES, range(9))), cases=CASES, run_id="one")
    other = (*CASES[:-1], replace(CASES[-1], references=("forty",)))
    store_run(store, candidate("b:1b", right_on(other, range(9))), cases=other, run_id="two")

    with pytest.raises(IncomparableError, match="of 40 and 40 cases 1 with another content \\('c39'\\)") as refused:
        compared(store, "one", "two")

    assert 2 == refused.value.message.count("'numbers' in version ")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"options": {"num_predict": 96}}, "options that reach the model: num_predict=unset against 96"),
        ({"options": {"stop": ["\n"]}}, "stop=unset against ['\\n']"),
    ],
)
def test_other_options_of_the_benchmark_are_named(store: Store, changed: dict[str, Any], said: str) -> None:
    store_run(store, candidate("a:1b", right_on(CASES, range(9))), cases=CASES, run_id="one")
    store_run(store, candidate("b:1b", right_on(CASES, range(9))), cases=CASES, run_id="two", **changed)

    with pytest.raises(IncomparableError) as refused:
        compared(store, "one", "two")

    assert said in refused.value.message


def test_another_signature_of_the_headline_is_refused_and_the_option_named(store: Store) -> None:
    strict: dict[str, Any] = {"metrics": ("numeric_match",), "headline": "numeric_match"}
    loose: dict[str, Any] = {"metrics": ("numeric_match(tolerance=0.5)",), "headline": "numeric_match"}
    store_run(store, candidate("a:1b", right_on(CASES, range(9))), cases=CASES, run_id="one", **strict)
    store_run(store, candidate("b:1b", right_on(CASES, range(9))), cases=CASES, run_id="two", **loose)

    with pytest.raises(IncomparableError, match=r"tolerance=0\.0 against 0\.5 \('a:1b' against 'b:1b'\)"):
        compared(store, "one", "two")


def test_another_metric_with_two_signatures_is_left_out_and_the_reason_said(store: Store) -> None:
    one: dict[str, Any] = {"metrics": ("exact_match", "numeric_match")}
    two: dict[str, Any] = {"metrics": ("exact_match", "numeric_match(tolerance=0.5)")}
    store_run(store, candidate("a:1b", right_on(CASES, range(9))), cases=CASES, run_id="one", **one)
    store_run(store, candidate("b:1b", right_on(CASES, range(9))), cases=CASES, run_id="two", **two)

    result = compared(store, "one", "two")

    assert "numeric_match" not in [found.metric for found in result.metrics]
    assert any("numeric_match is not compared: 'numeric_match' was measured differently" in n for n in result.notes)


def test_two_digests_under_one_tag_are_two_sides_with_both_digests(store: Store) -> None:
    old = candidate("a:1b", right_on(CASES, range(30)), digest="1" * 64)
    new = candidate("a:1b", right_on(CASES, range(10)), digest="2" * 64)
    store_run(store, old, cases=CASES, run_id="one")
    store_run(store, new, cases=CASES, run_id="two")

    result = compared(store, "one", "two")

    assert ["a:1b @11111111", "a:1b @22222222"] == [side.label for side in result.sides]
    assert [("1" * 64,), ("2" * 64,)] == [side.digests for side in result.sides]
    assert any("digests 111111111111 and 222222222222" in note for note in result.notes)
    assert "A better" == pair_of(result).verdict
    by_model = compared(store, "one", "two", by="model")
    assert ["a:1b @11111111", "a:1b @22222222"] == [side.label for side in by_model.sides]


def test_a_side_that_would_merge_two_weights_is_refused(store: Store) -> None:
    for run_id, digest in (("one", "1" * 64), ("two", "2" * 64)):
        store_run(
            store,
            candidate("a:1b", right_on(CASES, range(30)), digest=digest, details={"quantization": "Q4"}),
            candidate("b:1b", right_on(CASES, range(20)), details={"quantization": "Q8"}),
            cases=CASES,
            run_id=run_id,
        )

    with pytest.raises(IncomparableError, match="would merge two weights under the name 'a:1b': 111111111111"):
        compared(store, "one", "two", by="quantization")


def test_one_candidate_in_two_runs_is_two_sides_named_by_their_runs(store: Store) -> None:
    store_run(store, candidate("a:1b", right_on(CASES, range(30))), cases=CASES, run_id="one")
    store_run(store, candidate("a:1b", right_on(CASES, range(12))), cases=CASES, run_id="two")

    result = compared(store, "one", "two")

    assert ["a:1b in run one", "a:1b in run two"] == [side.label for side in result.sides]
    assert result.sides[0].key == result.sides[1].key
    assert "a:1b is one candidate, asked in runs one and two (server 0.33.0 each time)" in result.notes


def test_runs_of_one_candidate_are_merged_only_by_a_key(store: Store) -> None:
    for number, n_right in enumerate((20, 30)):
        store_run(
            store,
            candidate("a:1b", right_on(CASES, range(n_right))),
            candidate("b:1b", right_on(CASES, range(5))),
            cases=CASES,
            run_id=f"run-{number}",
        )

    each, merged = compared(store, "run-0", "run-1"), compared(store, "run-0", "run-1", by="candidate")

    assert 4 == len(each.sides)
    assert ["a:1b", "b:1b"] == [side.label for side in merged.sides]
    assert 25 / 40 == merged.metrics[0].values["a:1b"].value
    assert ("run-0", "run-1") == merged.sides[0].run_ids


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("quantization", ["quantization=Q4", "quantization=Q8"]),
        ("temperature", ["temperature=0.0", "temperature=0.7"]),
        ("profile", ["profile=plain", "profile=short"]),
        ("model", ["a:1b", "b:1b"]),
        ("digest", ["digest-of-a:", "digest-of-b:"]),
        ("think", ["think=false", "think=true"]),
    ],
)
def test_sides_are_made_along_any_key(store: Store, by: str, labels: list[str]) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(9)), details={"quantization": "Q4", "think": False}),
        candidate(
            "b:1b",
            right_on(CASES, range(30)),
            options={"temperature": 0.7},
            profile=PromptProfile(name="short", system="Be short."),
            details={"quantization": "Q8", "think": True},
        ),
        cases=CASES,
    )

    assert labels == [side.label for side in compared(store, run, by=by).sides]


def test_candidates_without_the_key_are_left_out_and_said_to_be(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(9)), details={"quantization": "Q4"}),
        candidate("b:1b", right_on(CASES, range(9)), details={"quantization": "Q8"}),
        candidate("baseline-lead", right_on(CASES, range(9))),
        cases=CASES,
    )

    assert "baseline-lead: no quantization is known, left out" in compared(store, run, by="quantization").notes


def test_flipped_cases_are_shown_with_what_both_said(store: Store) -> None:
    run = store_run(
        store,
        candidate("a:1b", right_on(CASES, range(12))),
        candidate("b:1b", right_on(CASES, range(10, 40))),
        cases=CASES,
    )

    (flips,) = compared(store, run, n_flips=2).flips

    counts = {flips.a: flips.n_better_a, flips.b: flips.n_better_b}
    assert {"a:1b": 10, "b:1b": 28} == counts
    of_a = flips.better_a if flips.a == "a:1b" else flips.better_b
    assert ["c00", "c01"] == [flip.case_id for flip in of_a]
    assert {"0", "no idea"} == {of_a[0].answer_a, of_a[0].answer_b}


TWENTY = numbers(20)


def _texts(n_right: int, *, n_other: int = 0, seed: int = 7) -> Mapping[str, Outcome]:
    """The first ones right; the last `n_other` texts are others, and as wrong."""
    return {
        case.case_id: answer(
            case.references[0] if i < n_right else f"no{' idea' if i >= len(TWENTY) - n_other else ''}",
            seed=seed,
        )
        for i, case in enumerate(TWENTY)
    }


def _store(store: Store, a: Mapping[str, Outcome], b: Mapping[str, Outcome], run_id: str = "before") -> str:
    return store_plain_run(store, asked("a:1b", a), asked("b:1b", b), cases=TWENTY, run_id=run_id)


def test_a_difference_within_the_share_of_texts_that_change_says_so(store: Store) -> None:
    before = _store(store, _texts(10), _texts(12))
    run_id = _store(store, _texts(10, n_other=4), _texts(12), "now")

    said = headline_verdict(store, run_result(store, run_id))

    expected = (
        f"a:1b: 4 of 20 outputs changed when run {before} repeated the same cases and seeds (at most 1 at a time): a "
        "difference within 20 % of the cases, such as a:1b – b:1b (-10.0 points), may not reproduce"
    )
    assert expected == said[-1]
    assert expected in compared(store, run_id).notes


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (_texts(10), "nothing changed"),
        (_texts(10, n_other=1), "the difference is larger than the share"),
        (_texts(10, n_other=4, seed=8), "other seeds are no repetition"),
    ],
)
def test_otherwise_nothing_is_said(store: Store, before: Mapping[str, Outcome], why: str) -> None:
    _store(store, before, _texts(12))
    run_id = _store(store, _texts(10), _texts(12), "now")

    assert [] == [line for line in headline_verdict(store, run_result(store, run_id)) if "otherwise" in line], why


def test_a_reused_answer_is_no_repetition_and_a_candidate_alone_has_none(store: Store) -> None:
    run_id = _store(store, _texts(10), _texts(12))
    row_id = find_run(store, run_id).candidates[0].run_candidate_id
    assert None is find_changed_texts(store, row_id)
    assert None is find_changed_texts(store, row_id + 1000)

    _store(store, {case_id: answer("x", seed=7) for case_id in _texts(10)}, _texts(12), "now")
    with store.write() as connection:
        connection.execute(sa.update(generation).values(reused=True))
    assert None is find_changed_texts(store, row_id)


def test_counts_that_happen_to_be_0_or_1_are_compared_as_counts_and_shares_as_shares(store: Store) -> None:
    """A word more or less is no answer right or wrong, however few words there are."""
    cases = cases_of(30)
    words = {case.case_id: answer("1" if i < 24 else "?") for i, case in enumerate(cases)}
    fewer = {case.case_id: answer("1" if i < 10 else "?") for i, case in enumerate(cases)}
    run = store_run(
        store,
        candidate("a:1b", words),
        candidate("b:1b", fewer),
        cases=cases,
        metrics=("word_count", "contains"),
    )

    result = compared(store, run)

    counts, shares = pair_of(result, "word_count"), pair_of(result, "contains")
    assert ("continuous", "t+sign_flip") == (counts.kind, counts.method)
    assert pytest.approx(1 / 2**14) == counts.p_value  # 14 of 14 differences are 1, by a mid-p
    assert ("binary", "newcombe+mcnemar_exact") == (shares.kind, shares.method)
    methods = {metric.metric: {value.method for value in metric.values.values()} for metric in result.metrics}
    assert ({"t_skewed"}, {"wilson"}) == (methods["word_count"], methods["contains"])


def test_no_difference_of_a_bounded_metric_is_larger_than_possible(store: Store) -> None:
    cases = cases_of(3)
    first = {case.case_id: answer(text) for case, text in zip(cases, ("0 and more", "?", "2"), strict=True)}
    second = {case.case_id: answer(text) for case, text in zip(cases, ("?", "1", "? 2"), strict=True)}
    run = store_run(
        store, candidate("a:1b", first), candidate("b:1b", second), cases=cases, metrics=("token_f1", "word_count")
    )

    result = compared(store, run)

    pair, words = pair_of(result, "token_f1"), pair_of(result, "word_count")
    assert (-1.0, 1.0, None) == (pair.low, pair.high, pair.mde)
    assert words.low < -1
    assert words.mde > 1
    (row,) = pair_rows(result, "token_f1")
    assert ("[-100.0, +100.0]", "too few cases") == (row["interval"], row["MDE"])
