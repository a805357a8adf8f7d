"""From stored answers to scores, and from scores to a candidate's numbers with their intervals."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome, Timing
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.programs.program_metrics import PassAtK
from evaluation.records.scores import EstimateRow
from evaluation.requests.prices import PRICE, Price
from evaluation.scoring.aggregation import aggregate_run, case_values
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.runs import find_run
from evaluation.store.scores import count_score_failures, load_estimates
from evaluation.store.session import Store, open_store
from evaluation.store.tables import generation

FAILED = Failure(kind=FailureKind.TIMED_OUT, message="no answer")
EMPTY = Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER)


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "results.db")) as opened:
        yield opened


def estimates(store: Store, run_id: str = "run-1") -> dict[tuple[str, str], EstimateRow]:
    return {(row.metric.name, row.quantity): row for row in load_estimates(store, run_id)}


def half_right(cases: Sequence[Case]) -> dict[str, Any]:
    answers = right(cases)
    return {case_id: answers[case_id] if n % 2 else answer("no idea") for n, case_id in enumerate(answers)}


def test_a_mean_over_cases_stands_with_its_interval_and_its_n(own_store: Store) -> None:
    cases = numbers(20)
    store_run(own_store, asked("m", half_right(cases)), cases=cases)

    found = estimates(own_store)["exact_match", "mean"].estimate
    assert (0.5, 20) == (found.value, found.n_cases)
    assert found.low is not None
    assert found.high is not None
    assert 0.25 < found.low < 0.5 < found.high < 0.75


def test_the_servers_failures_are_left_out_and_stand_beside_as_zeros(own_store: Store) -> None:
    cases = numbers(10)
    store_run(own_store, asked("m", {**right(cases), "c3": FAILED, "c4": EMPTY}), cases=cases)

    found = estimates(own_store)
    assert (8 / 9, 9) == pytest.approx(_value_and_n(found["exact_match", "mean"]))
    assert (0.8, 10) == pytest.approx(_value_and_n(found["exact_match", "mean_with_failures_as_zero"]))


def _value_and_n(row: EstimateRow) -> tuple[float, int]:
    return row.estimate.value, row.estimate.n_cases


def test_a_case_that_failed_in_one_repeat_only_counts_with_the_others(own_store: Store) -> None:
    cases = numbers(3)
    outcomes: dict[str, Outcome | Sequence[Outcome]] = {
        "c0": [answer("0"), FAILED],
        "c1": [answer("1"), answer("no")],
        "c2": [FAILED, FAILED],
    }
    store_run(own_store, asked("m", outcomes), cases=cases, n_repeats=2)

    found = estimates(own_store)
    assert (0.75, 2) == _value_and_n(found["exact_match", "mean"])
    assert (0.5, 3) == _value_and_n(found["exact_match", "mean_with_failures_as_zero"])


def test_where_clusters_are_declared_the_headline_is_the_mean_of_their_means(own_store: Store) -> None:
    cases = tuple(replace(case, cluster="large" if number < 8 else "small") for number, case in enumerate(numbers(10)))
    outcomes = {case.case_id: answer("no") if case.cluster == "large" else right(cases)[case.case_id] for case in cases}
    store_run(own_store, asked("m", outcomes), cases=cases)

    assert 0.5 == estimates(own_store)["exact_match", "mean"].estimate.value


@pytest.mark.parametrize("metrics", [("exact_match",), ("bleu",), ("exact_match", "chrf")])
def test_the_order_in_which_answers_came_changes_no_digit(own_store: Store, metrics: tuple[str, ...]) -> None:
    cases = tuple(replace(case, references=(f"the answer to this is {n * 7}",)) for n, case in enumerate(numbers(12)))
    outcomes = {case.case_id: answer(f"the answer to it is {n * 5}") for n, case in enumerate(cases)}
    backwards = dict(reversed(outcomes.items()))
    found = []
    for run_id, given in (("run-1", outcomes), ("run-2", backwards)):
        store_run(own_store, asked("m", given), cases=cases, run_id=run_id, metrics=metrics, headline=metrics[0])
        found.append([row.estimate for name, row in sorted(estimates(own_store, run_id).items())])

    assert found[0] == found[1]


def test_a_corpus_metric_is_computed_over_all_answers_and_resampled_by_case(own_store: Store) -> None:
    cases = tuple(replace(case, references=("a b c d e f",)) for case in numbers(8))
    outcomes = {case.case_id: answer("a b c d e f" if n < 6 else "x y z") for n, case in enumerate(cases)}
    store_run(own_store, asked("m", outcomes), cases=cases, metrics=("bleu",), headline="bleu")

    found = estimates(own_store)["bleu", "mean"].estimate
    assert 8 == found.n_cases
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.value < found.high <= 100


def test_an_interval_stays_within_what_the_metric_can_be(own_store: Store) -> None:
    cases = numbers(5)
    clustered = tuple(replace(case, cluster=f"k{number}") for number, case in enumerate(cases))
    outcomes = {**right(cases), "c0": answer("no")}
    store_run(own_store, asked("m", outcomes), cases=clustered)

    found = estimates(own_store)["exact_match", "mean"].estimate
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= found.high <= 1.0


def test_latency_has_its_quantiles(own_store: Store) -> None:
    cases = numbers(6)
    store_run(own_store, asked("m", right(cases)), cases=cases)

    found = estimates(own_store)
    assert {"mean", "p50", "p90", "p95"} == {quantity for name, quantity in found if name == "latency_s"}
    assert 6 == found["latency_s", "mean"].estimate.n_cases


def test_a_candidate_without_an_answer_has_no_number(own_store: Store) -> None:
    cases = numbers(3)
    store_run(own_store, asked("m", {case.case_id: FAILED for case in cases}), cases=cases)

    assert {} == estimates(own_store)


def test_a_new_metric_costs_no_new_generation(own_store: Store) -> None:
    cases = numbers(4)
    run_id = store_run(own_store, asked("m", right(cases)), cases=cases)
    (candidate,) = find_run(own_store, run_id).candidates

    counts = score_candidate(own_store, run_id, candidate.run_candidate_id, [parse_metric("contains")])
    n_estimates = aggregate_run(own_store, run_id, ("contains",))

    assert (4, 4) == (counts.n_generations, counts.n_scores)
    assert n_estimates > 0
    assert 1.0 == estimates(own_store)["contains", "mean"].estimate.value
    scores = case_values(own_store, candidate.run_candidate_id, parse_metric("contains").signature)
    assert ("c0", "c1", "c2", "c3") == scores.case_ids
    assert [1.0] * 4 == list(scores.means)


def test_a_case_with_fewer_repeats_than_a_metric_needs_has_no_value_and_is_named(own_store: Store) -> None:
    cases = numbers(2)
    outcomes: dict[str, Outcome | Sequence[Outcome]] = {
        "c0": [answer("0"), answer("no")],
        "c1": [answer("1"), FAILED],
    }
    store_run(own_store, asked("m", outcomes), cases=cases, n_repeats=2)
    (candidate,) = find_run(own_store, "run-1").candidates

    signature = parse_metric("exact_match").signature
    found = case_values(own_store, candidate.run_candidate_id, signature, PassAtK(k=2).combine)
    assert (("c0",), [1.0], ("c1",)) == (found.case_ids, list(found.means), found.too_few)


def _set_energies(store: Store, joules: Sequence[float | None]) -> None:
    """Writes the energy of the answers in the order in which they were stored, as the sampling of GPUs does."""
    with store.write() as connection:
        ids = connection.execute(sa.select(generation.c.id).order_by(generation.c.id)).scalars().all()
        for row_id, energy_j in zip(ids, joules, strict=True):
            connection.execute(sa.update(generation).where(generation.c.id == row_id).values(energy_j=energy_j))


def test_joules_stand_for_an_answer_and_for_a_right_one(own_store: Store) -> None:
    cases = numbers(20)
    store_run(own_store, asked("m", half_right(cases)), cases=cases)
    assert "energy_j" not in {name for name, _ in estimates(own_store)}

    _set_energies(own_store, [4.0, 8.0] * 9 + [None, None])
    aggregate_run(own_store, "run-1", ("exact_match",))

    found = estimates(own_store)
    each, right_one = found["energy_j", "mean"].estimate, found["energy_per_right_j", "mean"].estimate
    assert (6.0, 18) == (each.value, each.n_cases)
    assert (12.0, 18) == (right_one.value, right_one.n_cases)
    for estimate in (each, right_one):
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < estimate.value < estimate.high


def test_there_are_no_joules_for_a_right_answer_where_none_is_right_or_rightness_is_not_what_is_measured(
    own_store: Store,
) -> None:
    cases = tuple(replace(case, references=("a b c d",)) for case in numbers(6))
    for run_id, metric in (("run-1", "exact_match"), ("run-2", "bleu")):
        store_run(own_store, asked("m", wrong(cases)), cases=cases, run_id=run_id, metrics=(metric,), headline=metric)
    _set_energies(own_store, [2.0] * 12)
    for run_id, metric in (("run-1", "exact_match"), ("run-2", "bleu")):
        aggregate_run(own_store, run_id, (metric,))
        names = {name for name, _ in estimates(own_store, run_id)}
        assert "energy_j" in names
        assert "energy_per_right_j" not in names


def test_what_was_taken_from_earlier_runs_is_scored_and_in_no_figure_of_speed(own_store: Store) -> None:
    cases = numbers(6)
    outcomes = {case_id: replace(given, reused=case_id < "c4") for case_id, given in right(cases).items()}
    store_run(own_store, asked("m", outcomes), cases=cases)
    _set_energies(own_store, [3.0] * 6)
    aggregate_run(own_store, "run-1", ("exact_match",))

    n_by_metric = {name: row.estimate.n_cases for (name, _), row in estimates(own_store).items()}
    assert [6, 6, 6] == [n_by_metric.pop(name) for name in ("exact_match", "prompt_tokens", "output_tokens")]
    assert {"latency_s", "ttft_s", "tpot_s", "tokens_per_s", "energy_j", "energy_per_right_j"} == set(n_by_metric)
    assert {2} == set(n_by_metric.values())


BROKEN = """
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class Moody(Metric):
    name: ClassVar[str] = "moody"
    unit: ClassVar[str] = "fraction"

    def measure(self, case, generations, answers):
        return Measurement(value=1.0 / int(case.references[0]))

    def combine(self, values):
        return values["first"]


@dataclass(frozen=True, kw_only=True)
class Gloomy(CorpusMetric):
    name: ClassVar[str] = "gloomy"
    unit: ClassVar[str] = "fraction"

    def measure(self, case, generations, answers):
        return Measurement(value=1.0)

    def aggregate(self, rows):
        raise RuntimeError("not today")
"""


def test_a_broken_metric_of_a_users_file_fails_its_own_scores_and_numbers_alone(
    own_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "own.py"
    path.write_text(BROKEN)
    cases = numbers(6)
    metrics = (f"{path}:Moody", f"{path}:Gloomy", "exact_match")
    store_run(own_store, asked("m", right(cases)), cases=cases, metrics=metrics)

    (candidate,) = find_run(own_store, "run-1").candidates
    ((use, kinds),) = count_score_failures(own_store, candidate.run_candidate_id)
    assert ("moody", {"metric_raised": 1}) == (use.name, kinds)
    names = {name for name, _ in estimates(own_store)}
    assert "exact_match" in names
    assert {"moody", "gloomy"} & names == set()


def test_tokens_are_counted_for_every_run(own_store: Store) -> None:
    cases = numbers(2)
    outcomes = {"c0": [answer("0", prompt_tokens=10), answer("0", prompt_tokens=None)], "c1": answer("1")}
    store_run(own_store, asked("m", outcomes), cases=cases)

    found = estimates(own_store)
    assert ((11.0, 2), (1300.0, 2)) == tuple(
        _value_and_n(found[name, "mean"]) for name in ("prompt_tokens", "output_tokens")
    )


def test_an_answer_is_priced_by_its_tokens_and_the_total_leaves_out_what_was_reused(own_store: Store) -> None:
    cases = numbers(4)
    outcomes = {case_id: replace(given, reused=case_id == "c3") for case_id, given in right(cases).items()}
    price = Price(input_per_million=1.0, output_per_million=2.0)
    store_run(own_store, asked("m", outcomes, details={PRICE: price.options}), cases=cases)

    found = estimates(own_store)
    each = (12 * 1.0 + 1300 * 2.0) / 1e6
    assert (each, 4) == pytest.approx(_value_and_n(found["cost_usd", "mean"]))
    assert (3 * each, 3) == pytest.approx(_value_and_n(found["cost_usd", "total"]))
    assert ("sum", None) == (found["cost_usd", "total"].estimate.method, found["cost_usd", "total"].estimate.low)
    assert CostUsd(**price.options).signature == found["cost_usd", "mean"].metric.signature


def test_an_answer_is_priced_by_its_energy_where_that_is_known(own_store: Store) -> None:
    cases = numbers(4)
    outcomes = {case_id: replace(given, reused=case_id == "c3") for case_id, given in right(cases).items()}
    store_run(own_store, asked("m", outcomes, details={PRICE: Price(per_kwh=0.5).options}), cases=cases)
    assert ("cost_usd", "mean") not in estimates(own_store)

    _set_energies(own_store, [3.6e6, 7.2e6, None, 3.6e6])
    aggregate_run(own_store, "run-1", ("exact_match",))

    found = estimates(own_store)
    assert (0.75, 2) == pytest.approx(_value_and_n(found["cost_usd", "mean"]))
    assert (1.5, 2) == pytest.approx(_value_and_n(found["cost_usd", "total"]))


def test_a_candidate_without_a_price_has_no_cost(own_store: Store) -> None:
    store_run(own_store, asked("m", right(numbers(3))), cases=numbers(3))

    assert "cost_usd" not in {name for name, _ in estimates(own_store)}


def test_repeats_of_a_case_are_one_value_in_every_figure(own_store: Store) -> None:
    cases = numbers(3)
    slow = Timing(total_s=3.0, load_s=0.0, prompt_s=0.5, generate_s=1.0)
    quick = Timing(total_s=1.0, load_s=0.0, prompt_s=0.5, generate_s=1.0)
    outcomes = {
        case.case_id: [answer("0", timing=slow, output_tokens=11), answer("0", timing=quick, output_tokens=11)]
        for case in cases
    }
    store_run(own_store, asked("m", outcomes), cases=cases, n_repeats=2)

    found = estimates(own_store)
    assert (2.0, 3) == _value_and_n(found["latency_s", "mean"])
    assert (10.0, 3) == _value_and_n(found["tokens_per_s", "mean"])


def test_more_cases_than_a_page_holds_are_all_counted(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = tuple(replace(case, cluster=f"k{n % 3}") for n, case in enumerate(numbers(11)))
    store_run(own_store, asked("m", {**half_right(cases), "c7": FAILED}), cases=cases)
    whole = {name: row.estimate for name, row in estimates(own_store).items()}
    for page in ("evaluation.store.outcome_numbers._PAGE", "evaluation.store.benchmarks._PAGE"):
        monkeypatch.setattr(page, 2)
    aggregate_run(own_store, "run-1", ("exact_match",))

    assert whole == {name: row.estimate for name, row in estimates(own_store).items()}


def test_multiple_choice_has_a_mean_for_each_way_of_reading(own_store: Store) -> None:
    cases = [Case(case_id=f"c{n}", prompt=f"Which? {n}", choices=("red", "blue"), references=("B",)) for n in range(10)]
    said = {case.case_id: answer("B" if n < 4 else "I think it is (B).") for n, case in enumerate(cases)}
    store_run(own_store, asked("m", said), cases=cases, metrics=("multiple_choice",))

    found = estimates(own_store)
    quantities = ("mean", "strict", "flexible")
    assert [1.0, 0.4, 1.0] == [found["multiple_choice", name].estimate.value for name in quantities]
    assert 10 == found["multiple_choice", "strict"].estimate.n_cases
