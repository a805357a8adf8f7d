"""Do all five standard suites keep the promises that they share? What is special to one stands in its own tests."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
import pytest

from evaluation.benchmarks.loading import equal_contents
from evaluation.benchmarks.rendering import check_renderable, render
from evaluation.benchmarks.suites import SOURCE, load_suite, standard_suites
from evaluation.case import Benchmark
from evaluation.generation import Generation
from evaluation.metrics.metric import CorpusMetric, Need
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.parsing import parse_metric

CODE = "code_generation"
SUITES = ("classification", CODE, "question_answering", "summarization", "text_generation")
MEASURED = tuple(name for name in SUITES if name != CODE)
MOST_OUTPUT_TOKENS = {CODE: 192}


def _value(suite: Benchmark, answers: Sequence[str]) -> float:
    """The suite's headline value, had a candidate given these answers."""
    metric = parse_metric(suite.headline)
    rows = []
    for case, answer in zip(suite.cases, answers, strict=True):
        measurement = metric.measure(case, (Generation(text=answer, answer=answer),), {})
        assert measurement is not None
        rows.append(measurement)
    return metric.aggregate(rows) if isinstance(metric, CorpusMetric) else fmean(row.value for row in rows)


def _derangement(n: int, *, seed: int) -> list[int]:
    """An order of `n` places in which none is its own."""
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(n)
        if not (order == np.arange(n)).any():
            return [int(place) for place in order]


def test_the_five_suites_are_shipped() -> None:
    assert SUITES == standard_suites()


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_has_forty_cases_of_its_own_with_ids_and_tags(name: str) -> None:
    suite = load_suite(name)

    assert SOURCE == suite.source
    assert len(suite.cases) == 40
    assert len({case.case_id for case in suite.cases}) == 40
    assert equal_contents(suite) == ()
    assert [case.case_id for case in suite.cases if not case.tags] == []


def test_no_two_suites_share_a_case_id() -> None:
    ids = [case.case_id for name in SUITES for case in load_suite(name).cases]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_names_its_metrics_its_headline_and_its_criteria(name: str) -> None:
    suite = load_suite(name)

    assert suite.headline in suite.metrics
    assert len(suite.criteria.split()) > 20
    assert suite.description


@pytest.mark.parametrize("name", SUITES)
def test_answers_are_kept_short(name: str) -> None:
    assert 1 <= load_suite(name).options["num_predict"] <= MOST_OUTPUT_TOKENS.get(name, 96)


@pytest.mark.parametrize("name", SUITES)
def test_contexts_stay_under_two_hundred_and_fifty_tokens(name: str) -> None:
    """By the rule of thumb of four characters a token, since no tokenizer is at hand here."""
    lengths = {case.case_id: len("\n\n".join(case.context)) / 4 for case in load_suite(name).cases}

    assert {case_id: n for case_id, n in lengths.items() if n >= 250} == {}


@pytest.mark.parametrize("name", SUITES)
def test_every_case_is_asked_in_full_and_no_two_prompts_are_the_same(name: str) -> None:
    suite = load_suite(name)

    check_renderable(suite)
    prompts = [render(suite, case)[-1].content for case in suite.cases]
    assert len(set(prompts)) == 40
    for case, prompt in zip(suite.cases, prompts, strict=True):
        for part in (case.prompt, *case.context, *case.choices):
            assert part in prompt, case.case_id


@pytest.mark.parametrize("name", MEASURED)
def test_every_metric_of_a_suite_exists_and_can_measure_all_its_cases(name: str) -> None:
    suite = load_suite(name)

    for text in suite.metrics:
        assert missing_needs(parse_metric(text), suite.cases) is None


def test_the_code_suite_is_measured_in_the_sandbox() -> None:
    suite = load_suite(CODE)

    for text in suite.metrics:
        assert missing_needs(parse_metric(text), suite.cases, offered={Need.SANDBOX}) is None
    assert Need.SANDBOX in parse_metric(suite.headline).asks_for


@pytest.mark.parametrize("name", MEASURED)
def test_every_reference_is_fully_right_for_its_own_case(name: str) -> None:
    suite = load_suite(name)
    metric = parse_metric(suite.headline)

    for case in suite.cases:
        for reference in case.references:
            measurement = metric.measure(case, (Generation(text=reference, answer=reference),), {})
            assert measurement is not None
            assert pytest.approx(1.0) == measurement.value, (case.case_id, reference)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", MEASURED)
def test_the_references_of_other_cases_score_clearly_lower(name: str, seed: int) -> None:
    suite = load_suite(name)
    shuffled = [suite.cases[place].references[0] for place in _derangement(len(suite.cases), seed=seed)]

    assert pytest.approx(1.0) == _value(suite, [case.references[0] for case in suite.cases])
    assert _value(suite, shuffled) < 0.25
