"""What the functions of Python refuse, and how: the thing, the value, what is allowed, the next step."""

import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from deployments.python.checking import in_words_of_python
from evaluation import (
    BenchwrightError,
    acknowledge_alert,
    add_benchmark,
    agree,
    annotate,
    compare,
    compare_history,
    compare_unpaired,
    create_experiment,
    diff_runs,
    evaluate,
    export,
    forecast,
    forecast_compare,
    list_comparisons,
    list_experiments,
    list_models,
    list_profiles,
    load_benchmark,
    load_case,
    load_cases,
    load_experiment,
    load_metric,
    load_review,
    load_run,
    load_traffic,
    monitor,
    race,
    runs,
    score,
    sweep,
    tag_run,
)
from evaluation.errors import ConfigurationError, StoreError
from selection import load_scoreboard

ASKED: dict[str, Any] = {"benchmark": "question_answering", "model": "baseline-lead", "embedded": True}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluate(**ASKED | {"model": 3}), "evaluate(): model must be a text or several texts (got 3, of type"),
        (lambda: evaluate(**ASKED | {"benchmark": 3}), "benchmark must be a text or several texts or a path (got 3,"),
        (lambda: evaluate(**ASKED, fail_under=0.5), "fail_under must be a text or several texts or a mapping (got"),
        (lambda: evaluate(**ASKED, progress=3), "progress must be a function (got 3, of type int)"),
        (lambda: evaluate(**ASKED, db=3), "evaluate(): db must be a text (got 3, of type int)"),
        (lambda: forecast(**ASKED, sandbox=1), "forecast(): sandbox must be a text (got 1, of type int)"),
        (lambda: race(**ASKED, margin=0.02), "race(): margin must be a text (got 0.02, of type float)"),
        (lambda: sweep(**ASKED, param=4), "param must be a text or several texts or a mapping (got 4, of type int)"),
        (lambda: score("last", metric=1), "score(): metric must be a text or several texts (got 1, of type int)"),
        (lambda: score(3), "a run is named by a result, its id, the beginning of one, or `last` (got 3, of type int)"),
        (lambda: compare(3), "a run is named by a result, its id, the beginning of one, or `last` (got 3, of"),
        (lambda: compare_unpaired(None), "the beginning of one, or `last` (got None, of type NoneType)"),
        (lambda: load_run(3), "load_run(): run must be a text (got 3, of type int)"),
        (lambda: load_case(5), "load_case(): case must be a text (got 5, of type int)"),
        (lambda: runs(limit=-1), "runs(): limit must be a whole number of at least 1 (got -1)"),
        (lambda: runs(limit="x"), "runs(): limit must be a whole number of at least 1 (got 'x')"),
        (lambda: load_run(db=3), "load_run(): db must be a text (got 3, of type int)"),
        (lambda: load_scoreboard(store=3), "load_scoreboard(): store must be a text (got 3, of type int)"),
        (lambda: runs(limit=True), "runs(): limit must be a whole number of at least 1 (got True)"),
        (lambda: runs(all="no"), "runs(): all must be True or False (got 'no')"),
        (lambda: load_run(None), "load_run(): run must be a text (got None, of type NoneType)"),
        (lambda: load_cases(candidate=3), "load_cases(): candidate must be a text or several texts (got 3, of type"),
        (lambda: load_cases(failed="yes"), "load_cases(): failed must be True or False (got 'yes')"),
        (lambda: list_experiments(tag=3), "list_experiments(): tag must be a text or several texts (got 3, of type"),
        (lambda: list_models(endpoint=3), "list_models(): endpoint must be a text or several texts (got 3, of"),
        (lambda: list_models(stored=1), "list_models(): stored must be True or False (got 1)"),
        (lambda: list_models(tell="print"), "list_models(): tell must be a function (got 'print', of type str)"),
        (lambda: list_comparisons(limit=0), "list_comparisons(): limit must be a whole number of at least 1 (got 0)"),
        (lambda: load_experiment(3), "load_experiment(): name must be a text (got 3, of type int)"),
        (lambda: load_review(unblind="x"), "load_review(): unblind must be True or False (got 'x')"),
        (lambda: load_benchmark(3), "load_benchmark(): name must be a text or a path (got 3, of type int)"),
        (lambda: load_benchmark("x", field=3), "field must be a text or several texts or a mapping (got 3, of type"),
        (lambda: load_metric(None), "load_metric(): name must be a text (got None, of type NoneType)"),
        (lambda: list_profiles(db=3), "list_profiles(): db must be a text (got 3, of type int)"),
        (lambda: monitor(since=30), "monitor(): since must be a text (got 30, of type int)"),
        (lambda: forecast_compare(by=3), "forecast_compare(): by must be a text (got 3, of type int)"),
        (lambda: forecast_compare(3), "a run is named by a result, its id, the beginning of one, or `last` (got 3, of"),
        (lambda: compare_history("a", metric=3), "compare_history(): metric must be a text or several texts (got 3,"),
        (lambda: export(3, out="x.csv"), "a run is named by a result, its id, the beginning of one, or `last` (got 3,"),
        (lambda: export("last", out=None), "export(): out must be a text or a path (got None, of type NoneType)"),
        (lambda: annotate(3), "annotate(): text must be a text (got 3, of type int)"),
        (lambda: annotate(remove="x"), "annotate(): remove must be a whole number of at least 1 (got 'x')"),
        (lambda: diff_runs(3), "a run is named by a result, its id, the beginning of one, or `last` (got 3, of type"),
        (lambda: create_experiment(None), "create_experiment(): name must be a text (got None, of type NoneType)"),
        (lambda: tag_run("last", add=3), "tag_run(): add must be a text or several texts (got 3, of type int)"),
        (lambda: tag_run("last", favourite=1), "tag_run(): favourite must be True or False (got 1)"),
        (lambda: add_benchmark(3), "add_benchmark(): path must be a text or a path (got 3, of type int)"),
        (lambda: acknowledge_alert(note=3), "acknowledge_alert(): note must be a text (got 3, of type int)"),
        (lambda: agree("m", endpoint=3), "agree(): endpoint must be a text or several texts (got 3, of type int)"),
        (lambda: agree("m", endpoint="e", seed=-1), "agree(): seed must be a whole number of at least 0 (got -1)"),
        (lambda: agree("m", endpoint="e", cases=0), "agree(): cases must be a whole number of at least 1 (got 0)"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_by_name(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)) as raised:
        call()

    assert raised.value.next_step


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluate(benchmark="question_answering", model="a:1b", endpoint="http://127.0.0.1:9"),
         r"^no server answers at http://127\.0\.0\.1:9 .* or give another address, or add `embedded`\.$"),
        (lambda: evaluate(), r"^the call: no benchmark: .* `help\(evaluate\)` describes every option\.$"),
        (lambda: race(**ASKED), r"^the call: a race needs two candidates or more \(model, candidate\)\."),
        (lambda: sweep(**ASKED), r"^the call: no parameter to sweep: give param NAME=VALUES, or several model\."),
        (lambda: compare(), r"^the call: nothing to compare"),
        (lambda: load_traffic(since="yesterday"), r"^since 'yesterday' is not a time\."),
    ],
)  # fmt: skip
def test_an_error_names_options_as_python_has_them(call: Callable[[], object], message: str) -> None:
    with pytest.raises(BenchwrightError, match=message) as raised:
        call()

    assert "--" not in str(raised.value)


def test_an_error_leaves_commands_as_they_are_and_says_which_value() -> None:
    with pytest.raises(StoreError) as raised, in_words_of_python():
        raise StoreError("--by 'x' is wrong", "`--by run` holds whole runs; `benchwright show RUN --json` lists them")

    assert "by 'x' is wrong" == raised.value.message
    assert "`by='run'` holds whole runs; `benchwright show RUN --json` lists them." == raised.value.next_step


def test_the_help_of_a_command_is_that_of_the_function_wherever_it_stands_in_the_step() -> None:
    with pytest.raises(StoreError) as raised, in_words_of_python():
        raise StoreError("no", "Remove 'modle'. `benchwright sweep --help` lists the options.")

    assert "Remove 'modle'. `help(sweep)` describes every option." == raised.value.next_step


def test_the_traceback_of_a_mistake_shows_the_call_and_none_of_what_it_went_through() -> None:
    with pytest.raises(ConfigurationError) as raised:
        evaluate()

    files = [frame.filename for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert [] == [file for file in files if "/deployments/cli/" in file]
    assert len(files) <= 5
