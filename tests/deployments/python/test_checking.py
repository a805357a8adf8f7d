"""What the functions of Python refuse, and how: the thing, the value, what is allowed, the next step."""

import re
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from deployments.python.checking import in_words_of_python
from evaluation import (
    BenchwrightError,
    compare,
    compare_unpaired,
    evaluate,
    forecast,
    load_case,
    load_run,
    load_traffic,
    race,
    runs,
    score,
    sweep,
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
         r"^no server answers at http://127\.0\.0\.1:9 .* another address with `endpoint`, or add `embedded`\.$"),
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
    assert "`by='run'` holds whole runs; `benchwright show RUN --json` lists them" == raised.value.next_step


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
