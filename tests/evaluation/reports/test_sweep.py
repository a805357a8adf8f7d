"""A sweep's report says what its tests carry, and no more; what a model is called cannot break its page."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hostile_texts import foreign_markup
from run_results import a_run_result, an_invocation_result, candidate_result

from evaluation.records.candidates import MetricUse
from evaluation.reports.sweeps.findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweeps.page import sweep_as_markdown
from evaluation.reports.sweeps.tables import (
    combination_rows,
    effect_rows,
    further_combinations,
    level_rows,
    missing_lines,
)
from evaluation.results.sweeps import SweepResult, ValueRange
from evaluation.run_results.sweep_result import swept_metric
from evaluation.sweeps.analysis import analyse
from evaluation.sweeps.contrasts import Matrix
from evaluation.sweeps.designs import Design, combinations
from evaluation.sweeps.space import Parameter, parse_parameters

RNG_SEED = 5
CURVE = parse_parameters(["temperature=0:1:0.25", "top_k=10,40"])


def report(parameters: tuple[Parameter, ...], scores: Matrix, **given: Any) -> SweepResult:
    """A sweep of these scores; shape (n_combinations, n_cases)."""
    tried = combinations(parameters, Design.GRID, n_samples=None, seed=0)
    better = given.pop("higher_is_better", True)
    independent = given.get("n_cases") == 1
    found = analyse(tried, scores, parameters, seed=1, higher_is_better=better, independent=independent)
    use = MetricUse(name="exact_match", signature="ExactMatch()|v1")
    facts: dict[str, Any] = {
        "run_id": "run-1",
        "benchmark": "numbers",
        "benchmark_version": "v1",
        "prompt": None,
        "design": "grid",
        "seed": 0,
        "n_cases": scores.shape[1],
        "n_repeats": 1,
        "n_combinations": len(tried),
        "parameters": {},
        "headline": "exact_match",
        "as_asked": (),
        "metrics": (swept_metric(use, found, higher_is_better=better),),
    }
    return SweepResult(**{**facts, **given})


def curved(n_cases: int = 60) -> Matrix:
    """Right and wrong answers, best at temperature 0.5; top_k does nothing."""
    rng = np.random.default_rng(RNG_SEED)
    tried = combinations(CURVE, Design.GRID, n_samples=None, seed=0)
    chances = np.array([0.9 - 2.4 * (one["temperature"] - 0.5) ** 2 for one in tried])
    return (rng.random(n_cases)[None, :] < chances[:, None]).astype(np.float64)


def noise(n_cases: int = 20, n_rows: int = 10) -> Matrix:
    return np.random.default_rng(RNG_SEED).integers(0, 2, (n_rows, n_cases)).astype(np.float64)


def said(sweep: SweepResult) -> str:
    return "\n".join(sweep_sentences(sweep))


def test_what_matters_comes_first_with_its_range_and_the_reason_for_it() -> None:
    sentences = sweep_sentences(report(CURVE, curved()))

    assert "Best for exact_match, as far as 60 cases can tell: temperature = 0.5." == sentences[0]
    assert sentences[1].startswith("temperature matters (p < .001") or sentences[1].startswith(
        "temperature matters (p = "
    )
    assert "shown to be worse than another value: 0, 0.25, 0.75 and 1." in sentences[1]
    assert any(sentence.startswith("top_k: no effect found (p = ") for sentence in sentences)
    assert "may be the best: with 95 % confidence the best one is among them." in sentences[-1]


def test_no_effect_is_said_with_what_would_have_been_found() -> None:
    sentences = sweep_sentences(report(CURVE, noise()))

    assert (
        "No effect found: 20 cases show no difference in exact_match between values of temperature and top_k."
        == sentences[0]
    )
    assert "a steady rise or fall of 0." in sentences[1]
    assert "would have been found 4 times in 5)." in sentences[1]
    assert "No interaction between two parameters is shown." in sentences
    assert "None of the 10 combinations is shown to be worse than another: each may be the best." in sentences[-1]


def test_a_choice_is_said_by_its_values_and_what_could_be_found_by_two_of_them() -> None:
    models = parse_parameters(["model=a:1b,b:3b"])
    clear = np.vstack([np.ones(20), np.zeros(20)])
    clear[0, :4] = 0

    text = said(report(models, clear))
    assert "can tell: model = a:1b." in text
    assert "It is shown to be better than the other one." in text
    assert "a difference between two of them of 0." in said(report(models, noise(n_rows=2)))


def test_a_straight_line_is_said_with_its_direction() -> None:
    rising = parse_parameters(["temperature=0:1:0.5"])
    steps = np.vstack([np.arange(30) < n for n in (5, 15, 27)]).astype(np.float64)

    assert "exact_match rises with temperature (Spearman +1.00, p" in said(report(rising, steps))
    assert "exact_match falls with temperature (Spearman -1.00, p" in said(report(rising, steps[::-1]))
    cost = said(report(rising, steps, higher_is_better=False))
    assert "temperature = 0." in cost
    assert "The lowest mean has temperature=0" in cost


def test_a_curve_neither_rises_nor_falls_though_its_straight_line_does() -> None:
    (steps,) = parse_parameters(["temperature=0:1:0.2"])
    rng = np.random.default_rng(3)
    hump = np.array([0.05, 0.25, 0.9, 0.95, 0.9, 0.3])[:, None]
    scores = (rng.random((6, 80)) < hump).astype(np.float64)

    sweep = report((steps,), scores)

    (effect,) = sweep.metrics[0].effects
    assert effect.p_correlation < 0.05
    assert "rises" not in said(sweep)
    assert all(0 <= level.value_low and level.value_high <= 1 for level in effect.levels)


def test_parameters_that_act_together_are_said_to() -> None:
    both = parse_parameters(["model=a,b", "temperature=0,1"])
    rng = np.random.default_rng(2)
    crossing = np.array([0.9, 0.1, 0.1, 0.9])[:, None] + rng.normal(0, 0.1, (4, 20))

    assert "model and temperature interact (p" in said(report(both, crossing))


def test_too_little_is_said_to_be_too_little_each_with_its_own_reason() -> None:
    few = said(report(CURVE, noise(n_cases=4)))
    assert "No conclusion about the parameters' effect on exact_match: 4 cases are too few." in few

    begun = np.full((10, 20), np.nan)
    begun[0] = 1.0
    partly = said(report(CURVE, begun))
    assert "No conclusion about the parameters' effect on exact_match: 1 of 10 combinations have scores." in partly
    assert "One combination has scores, temperature=0 top_k=10: 1.000 [" in partly

    assert "No combination has a score." in said(report(CURVE, np.full((10, 20), np.nan)))

    alone = said(report(parse_parameters(["temperature=0.5"]), np.ones((1, 9))))
    assert "No conclusion about the parameters' effect on exact_match: each has one value only." in alone
    assert "temperature has scores of one value only, so nothing can be concluded about it." in alone
    assert "better than" not in alone

    once = said(report(parse_parameters(["temperature=0,1"]), noise(1, 2), n_cases=1))
    assert "2 answers of 2 combinations cannot separate the parameters." in once


def test_an_effect_without_a_value_that_is_shown_to_be_worse_leaves_open_which_is_best() -> None:
    sweep = report(CURVE, curved())
    (metric,) = sweep.metrics
    first, *others = metric.effects
    levels = tuple(replace(level, may_be_best=True) for level in first.levels)
    undecided = replace(first, levels=levels, recommended=ValueRange(low=0.0, high=1.0))

    text = said(replace(sweep, metrics=(replace(metric, effects=(undecided, *others)),)))

    assert "temperature makes a difference in exact_match, but 60 cases do not tell which values are best." in text
    assert "no single value is shown to be worse than another" in text


def test_a_single_prompt_and_what_was_asked_otherwise_are_named() -> None:
    rng = np.random.default_rng(1)
    sweep = report(CURVE, rng.random((10, 3)), n_cases=1, n_repeats=3, as_asked=("the server takes no top_k",))

    text = said(sweep)

    assert "Note: the server takes no top_k." in text
    assert text.endswith("All of this holds for this one prompt only.")
    assert "10 combinations (grid) on a single prompt, each asked 3 times, seed 0" in sweep_as_markdown(sweep).replace(
        "\\", ""
    )


def test_other_metrics_are_said_in_a_sentence_each() -> None:
    sweep = report(CURVE, curved())
    other = replace(report(CURVE, noise()).metrics[0], metric="token_f1")
    sweep = replace(sweep, metrics=(*sweep.metrics, other))

    assert [
        "No effect found: 20 cases show no difference in token_f1 between values of temperature and top_k."
    ] == other_metric_lines(sweep)


def test_a_metric_of_all_cases_together_is_not_analysed() -> None:
    assert ["bleu is computed from all cases together, and is not analysed by parameter."] == sweep_sentences(
        replace(report(CURVE, noise()), metrics=(), headline="bleu")
    )


def test_a_long_table_is_cut_and_says_what_is_left_out() -> None:
    values = curved()
    values[7:] = np.nan
    metric = report(CURVE, values).metrics[0]

    assert 4 == len(combination_rows(metric, limit=4))
    assert "… and 6 more, 3 of them without a score (--json has all)." == further_combinations(metric, limit=4)
    assert "" == further_combinations(metric, limit=10)
    assert "–" == combination_rows(metric)[-1]["exact_match"]


@pytest.mark.parametrize("name", ["a|b", "<script>alert(1)</script>", "[x](http://e.vil)", "`code`\n# title", "*a*_b_"])
def test_a_hostile_name_stays_a_name_on_the_page(name: str) -> None:
    models = (Parameter(name="model", values=(name, "b:1b")),)
    clear = np.vstack([np.ones(20), np.zeros(20)])

    page = sweep_as_markdown(report(models, clear, benchmark=name))

    assert [] == foreign_markup(page)
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") == line.replace("\\|", "").rstrip().count("|") for line in table)
    for block in page.split("\n\n"):
        widths = {line.replace("\\|", "").count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1
    assert "<script>" not in page
    assert "](" not in page.replace("](data:image/svg+xml;base64,", "")
    assert "\n# title" not in page
    assert "http://" not in page


def test_a_table_recommends_only_where_an_effect_is_shown() -> None:
    found = report(CURVE, curved()).metrics[0]

    assert [("temperature", "shown", "= 0.5"), ("top_k", "none found", "none")] == [
        (row["parameter"], row["effect"], row["recommended"]) for row in effect_rows(found)
    ]
    assert {"temperature"} == {row["value"].split()[0] for row in level_rows(found)}
    untested = report(CURVE, noise(n_cases=4)).metrics[0]
    assert {("untested", "–", "–")} == {
        (row["effect"], row["correlation"], row["recommended"]) for row in effect_rows(untested)
    }


def test_what_the_servers_and_the_judges_owe_is_counted_by_kind() -> None:
    owing = candidate_result(failures={"timed_out": 2}, score_failures={"judge_rubric": {"unreadable": 3}})
    result = an_invocation_result(a_run_result(owing, owing, candidate_result()))

    assert [
        "Not answered: 4 × timed_out.",
        "Answered, without a score: 6 × judge_rubric: unreadable.",
    ] == missing_lines(result)
    assert [] == missing_lines(an_invocation_result())


def test_a_notebook_shows_the_sentences_the_effects_and_the_best_combinations() -> None:
    shown = report(CURVE, curved())._repr_html_()

    assert "<b>Best for exact_match" in shown
    assert ">temperature</td>" in shown
    assert ">recommended</th>" in shown
    assert "sweep on numbers · run run-1" in shown
