from dataclasses import replace

import pytest
import sqlalchemy as sa
from run_results import a_run_result, candidate_result, estimate, metric_result
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.metrics import third_party
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.metric_facts import higher_is_better, is_over_all_cases
from evaluation.metrics.parsing import parse_metric
from evaluation.records.status import Status
from evaluation.reports.markdown_tables import as_markdown_table
from evaluation.reports.runs.tables import (
    NO_INTERVAL,
    caption,
    failures_as_zero,
    latency_rows,
    partly_on_the_cpu,
    remarks,
    result_columns,
    result_rows,
    reused,
    shown_failures,
    shown_speed,
    usage_rows,
    without_column,
)
from evaluation.requests.prices import PRICE
from evaluation.results.estimates import HasInterval, shown_estimate
from evaluation.run_results.ranking import ranked
from evaluation.run_results.run_result import run_result
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import generation

DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8)


@pytest.mark.parametrize(
    ("numbers_", "shown"),
    [
        (None, "–"),
        (metric_result(), "–"),
        (metric_result(p50=estimate(1.0)), "–"),
        (estimate(0.39042, 0.364, 0.417), "0.390 [0.364, 0.417]"),
        (metric_result(0.5), "0.500 [no interval]"),
    ],
)
def test_a_value_never_stands_without_its_interval(numbers_: HasInterval | None, shown: str) -> None:
    assert shown == shown_estimate(numbers_)


@pytest.mark.parametrize(
    ("numbers_", "shown"),
    [
        (None, "–"),
        (metric_result(p50=estimate(1.0)), "–"),
        (estimate(0.073, 0.0694, 0.0766), "0.0730 [0.0694, 0.0766]"),
        (metric_result(29498.2, 99.94, 57771.0), "29,498 [99.9, 57,771]"),
        (estimate(2.0), "2.00 [no interval]"),
    ],
)
def test_a_speed_has_three_digits_that_count_and_an_interval(numbers_: HasInterval | None, shown: str) -> None:
    assert shown == shown_speed(numbers_)


def test_rows_are_ranked_by_the_headline_and_those_without_a_value_come_last(store: Store) -> None:
    cases = numbers(3)
    run_id = store_run(
        store,
        asked("none:1b"),
        asked("worse:1b", wrong(cases)),
        asked("best:1b", right(cases)),
        cases=cases,
        metrics=("token_f1", "exact_match"),
    )
    run = run_result(store, run_id)

    rows = result_rows(run)

    assert ["best:1b", "worse:1b", "none:1b"] == [row["candidate"] for row in rows]
    assert ["candidate", "exact_match", "token_f1", "answered", "failed", "latency s", "tokens/s"] == list(rows[0])
    assert ["1.000 [0.439, 1.000]", "0.000 [0.000, 0.561]", "–"] == [row["exact_match"] for row in rows]
    assert ["3/3", "3/3", "0/3"] == [row["answered"] for row in rows]
    assert "1.38 [no interval]" == rows[0]["latency s"]
    assert "–" == rows[2]["latency s"]
    assert ["exact_match", "token_f1"] == result_columns(run)


def test_the_fastest_is_the_first_where_less_is_better() -> None:
    slow, fast = (candidate_result(name, {"latency_s": metric_result(s)}) for name, s in (("slow", 2.0), ("fast", 1.0)))

    assert [fast, slow] == ranked(a_run_result(slow, fast, headline="latency_s", metrics={}))


def test_a_candidate_with_percentiles_but_no_mean_has_no_value() -> None:
    odd = candidate_result("odd", {"exact_match": metric_result(p50=estimate(1.0))})
    known = candidate_result("known", {"exact_match": metric_result(0.0)})

    assert [known, odd] == ranked(a_run_result(odd, known, metrics={}))


def test_failures_are_said_in_words_and_own_ones_marked() -> None:
    candidate = candidate_result(failures={"timed_out": 3}, own_failures={"empty_answer": 2}, status=Status.FAILED)

    assert "given up, 3 timed_out, 2 empty_answer (own)" == shown_failures(candidate)
    assert "0" == shown_failures(candidate_result())


def test_the_value_with_failures_as_zero_stands_beside_the_headline(store: Store) -> None:
    cases = numbers(4)
    run_id = store_run(
        store,
        asked("a:1b", right(cases) | {"c3": DOWN}),
        asked("b:1b", right(cases)),
        cases=cases,
        status=Status.FAILED,
    )

    (said,) = failures_as_zero(run_result(store, run_id))

    assert said.startswith("a:1b: exact_match 1.000 [0.439, 1.000] on 3 cases; counting the 1 server failure as zero")
    assert said.endswith("as zero: 0.750 [0.301, 0.954]")


def test_only_those_with_latencies_have_a_row_of_them(store: Store) -> None:
    cases = numbers(2)
    untimed = {case.case_id: Generation(text="x", answer="x") for case in cases}
    run = run_result(store, store_run(store, asked("a:1b", right(cases)), asked("b:1b", untimed), cases=cases))

    assert [
        {"candidate": "a:1b", "p50": "1.38 [no interval]", "p95": "1.38 [no interval]", "cases": "2"}
    ] == latency_rows(run)


def test_the_caption_says_which_values_are_no_means() -> None:
    assert "* headline. exact_match: mean over cases [95 % interval]." == caption(a_run_result(headline="exact_match"))
    assert "* headline. accuracy: mean over cases; bleu, macro_f1: over all cases together [95 % interval]." == caption(
        a_run_result(headline="bleu", metrics={"accuracy": "", "macro_f1": "", "bleu": ""})
    )
    assert "* headline. chrf: over all cases together [95 % interval]." == caption(a_run_result(headline="chrf"))


def test_tokens_and_costs_are_told_for_each_candidate(store: Store) -> None:
    cases = numbers(2)
    price = {"input_per_million": 1.0, "output_per_million": 2.0}
    run_id = store_run(
        store, asked("a:1b", right(cases), details={PRICE: price}), asked("b:1b", wrong(cases)), cases=cases
    )
    run = run_result(store, run_id)

    assert ["0.00261 [no interval]", "–"] == [row["USD/answer"] for row in result_rows(run)]
    assert [
        {
            "candidate": "a:1b",
            "tokens in": "12.0 [no interval]",
            "tokens out": "1,300 [no interval]",
            "USD/answer": "0.00261 [no interval]",
            "USD in all": "0.00522",
        },
        {
            "candidate": "b:1b",
            "tokens in": "12.0 [no interval]",
            "tokens out": "1,300 [no interval]",
            "USD/answer": "–",
            "USD in all": "–",
        },
    ] == usage_rows(run)


def test_candidates_of_different_prices_have_one_cost_each_under_one_name(store: Store) -> None:
    cases = numbers(2)
    prices = [{"input_per_million": 0.0, "output_per_million": price} for price in (1.0, 2.0)]
    models = [asked(f"{n}:1b", right(cases), details={PRICE: price}) for n, price in enumerate(prices)]
    run = run_result(store, store_run(store, *models, cases=cases))

    assert [0.0013, 0.0026] == [found.metrics["cost_usd"].value for found in run.candidates]


def test_a_cost_by_another_price_stands_beside_the_first(store: Store) -> None:
    cases = numbers(2)
    prices = [CostUsd(input_per_million=0.0, output_per_million=price) for price in (1.0, 2.0)]
    price = {"input_per_million": 0.0, "output_per_million": 1.0}
    run_id = store_run(store, asked("a:1b", right(cases), details={PRICE: price}), cases=cases)
    (found,) = find_run(store, run_id).candidates
    score_candidate(store, run_id, found.run_candidate_id, prices[1:])
    aggregate_run(store, run_id, (prices[1].text,))

    metrics = run_result(store, run_id).candidates[0].metrics
    assert 0.0013 == metrics["cost_usd"].value
    assert "total" in metrics["cost_usd"].quantities
    assert 0.0026 == metrics[prices[1].signature].value


def test_a_cost_that_is_named_as_a_metric_keeps_the_digits_that_count(store: Store) -> None:
    cases = numbers(2)
    metric = "cost_usd(input_per_million=0.1, output_per_million=0.1)"
    run_id = store_run(store, asked("a:1b", right(cases)), cases=cases, metrics=("exact_match", metric))

    (row,) = result_rows(run_result(store, run_id))
    assert "0.000131 [no interval]" == row["cost_usd"]
    assert "USD/answer" not in row


def test_a_metric_of_a_users_file_says_in_its_signature_which_way_is_better() -> None:
    lower, together = "Own()|v1+file:abc+lower", "Own()|v1+file:abc+corpus"

    assert (False, True) == (higher_is_better("own", lower), higher_is_better("own", together))
    assert (False, True) == (is_over_all_cases("own", lower), is_over_all_cases("own", together))
    candidates = [candidate_result(name, {"own": metric_result(value)}) for name, value in (("a", 1), ("b", 2))]
    for signature, order in ((lower, ["a", "b"]), (together, ["b", "a"])):
        run = a_run_result(*candidates, headline="own", metrics={"own": signature})
        assert order == [candidate.label for candidate in ranked(run)]


def test_facts_of_metrics_are_known_and_strangers_are_taken_as_better_when_higher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (True, False) == (higher_is_better("exact_match"), higher_is_better("latency_s"))
    assert (False, True) == (is_over_all_cases("exact_match"), is_over_all_cases("bleu"))
    assert (True, False) == (higher_is_better("gone"), is_over_all_cases("gone"))

    class Broken:
        dist = None
        name = value = "broken"

        def load(self) -> None:
            raise ImportError("no such module")

    monkeypatch.setattr(third_party, "entry_points", lambda **_: [Broken()])

    assert (True, False) == (higher_is_better("broken"), is_over_all_cases("broken"))


def test_a_markdown_table_has_a_line_a_row() -> None:
    assert "| a | b |\n| --- | --- |\n| 1 | 2 |" == as_markdown_table(["a", "b"], [{"a": "1", "b": "2"}])


def test_repeats_count_in_what_was_to_be_answered(store: Store) -> None:
    cases = numbers(2)
    run_id = store_run(store, asked("a:1b", {"c0": [answer("0"), answer("1")], "c1": [DOWN]}), cases=cases, n_repeats=2)

    (row,) = result_rows(run_result(store, run_id))

    assert ("2/4", "1 server_down") == (row["answered"], row["failed"])


def test_it_is_said_how_much_was_taken_from_earlier_runs(store: Store) -> None:
    cases = numbers(4)
    some = {case_id: replace(given, reused=case_id != "c3") for case_id, given in right(cases).items()}
    run = run_result(store, store_run(store, asked("a:1b", some), asked("b:1b", right(cases)), cases=cases))

    assert [3, 0] == [candidate.n_reused for candidate in run.candidates]
    assert ["a:1b: 3 of 4 reused from earlier runs (excluded from timing figures)"] == reused(run)


def test_a_model_that_was_partly_on_the_cpu_is_warned_of_by_the_least_share(store: Store) -> None:
    cases = numbers(3)
    run_id = store_run(
        store,
        asked("a:1b", right(cases), vram_share=0.75),
        asked("b:1b", right(cases), vram_share=1.0),
        asked("c:1b", right(cases), vram_share=None),
        asked("d:1b", right(cases), vram_share=0.999),
        asked("e:1b", {k: replace(given, reused=True) for k, given in right(cases).items()}, vram_share=0.5),
        cases=cases,
    )
    with store.write() as connection:
        connection.execute(sa.update(generation).where(generation.c.id == 1).values(vram_share=0.5))

    run = run_result(store, run_id)

    assert [0.5, 1.0, None, 0.999, None] == [candidate.vram_share for candidate in run.candidates]
    assert "partly or fully on the CPU: a:1b (50 %), d:1b (0.1 %)" == partly_on_the_cpu([run])


def test_a_model_that_several_runs_had_on_the_cpu_is_named_once_and_a_baseline_never(store: Store) -> None:
    cases = numbers(2)
    for number, share in ((1, 0.75), (2, 0.0)):
        store_run(
            store,
            asked("a:1b", right(cases), vram_share=share),
            asked("baseline-lead", right(cases), vram_share=0.0),
            cases=cases,
            run_id=f"run-{number}",
        )
    runs = [run_result(store, "run-1"), run_result(store, "run-2")]

    assert "partly or fully on the CPU: a:1b (100 %)" == partly_on_the_cpu(runs)
    store_run(store, asked("baseline-lead", right(cases), vram_share=0.0), cases=cases, run_id="run-3")
    assert partly_on_the_cpu([run_result(store, "run-3")]) is None


def test_a_metric_with_other_options_has_a_short_column_and_its_signature_in_the_numbers(store: Store) -> None:
    cases = numbers(3)
    metrics = ("exact_match", "contains", "contains(all=True)")
    run = run_result(store, store_run(store, asked("a:1b", right(cases)), cases=cases, metrics=metrics))

    (row,) = result_rows(run)
    assert ["candidate", "exact_match", "contains", "contains(all=True)"] == list(row)[:4]
    assert "1.000 [0.439, 1.000]" == row["contains(all=True)"]
    signature = parse_metric("contains(all=True)").signature
    assert "Contains(all=True, ignore_case=True)" == signature.partition("|")[0]
    assert signature in run.candidates[0].metrics
    assert "* headline. exact_match, contains, contains(all=True): mean over cases [95 % interval]." == caption(run)


def test_joules_have_columns_only_where_there_are_any(store: Store) -> None:
    cases = numbers(8)
    run_id = store_run(store, asked("a:1b", right(cases)), cases=cases)
    assert not {"J/answer", "J/right answer"} & set(result_rows(run_result(store, run_id))[0])

    with store.write() as connection:
        connection.execute(sa.update(generation).values(energy_j=generation.c.id * 1.0))
    aggregate_run(store, run_id, ("exact_match",))

    (row,) = result_rows(run_result(store, run_id))
    assert row["J/answer"].startswith("4.50 [")
    assert row["J/right answer"].startswith("4.50 [")


def test_what_was_scored_later_with_other_options_is_said_below_the_table_by_a_short_name(store: Store) -> None:
    cases = numbers(3)
    run_id = store_run(store, asked("a:1b", right(cases)), asked("b:1b", wrong(cases)), cases=cases)
    later = parse_metric("exact_match(ignore_case=False)")
    for candidate in find_run(store, run_id).candidates:
        score_candidate(store, run_id, candidate.run_candidate_id, [later])
    aggregate_run(store, run_id, (later.text,))

    run = run_result(store, run_id)
    (said,) = without_column(run)
    assert said in remarks(run)
    assert said.startswith("exact_match(ignore_case=False), scored beside the table: a:1b 1.000 [")
    assert "b:1b 0.000 [" in said
    assert "exact_match" == list(result_rows(run)[0])[1]


def test_why_a_value_has_no_interval_is_told_below_the_table(store: Store) -> None:
    cases = numbers(2)
    run_id = store_run(store, asked("a:1b", right(cases)), cases=cases, metrics=("token_f1",))
    run = run_result(store, run_id)
    without = replace(run, candidates=(replace(run.candidates[0], metrics={"token_f1": metric_result(0.5)}),))

    assert NO_INTERVAL not in remarks(run)
    assert NO_INTERVAL in remarks(without)
