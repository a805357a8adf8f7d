"""`benchwright retrain`: the flow's result on the terminal, and no server where there is nothing to do."""

import signal
from collections.abc import Callable
from typing import Any

import pytest
from filled_stores import fill_by_copy
from learned_store import train_and_store
from recommendable import fill

from deployments.cli.flow_runs import TerminatedError
from evaluation.store.selection_models import champion
from evaluation.store.session import Store, open_store
from selection.learning.retraining import carry_out, judge

Command = Callable[..., Any]


@pytest.fixture
def filled(database: str) -> str:
    """The store of the commands, with three candidates on two tasks."""
    fill_by_copy(database, fill)
    return database


def test_the_sentence_comes_first_and_the_model_decides(
    benchwright: Command, filled: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)

    said = benchwright("retrain")
    again = benchwright("retrain", "--if-enough-new", 1, "--json")

    assert 0 == said.code
    assert said.out.startswith("best_per_task 1 is now the selection model: there was none before")
    assert "all tasks        the best on the task      80          2" in said.out
    assert (0, "not trained") == (again.code, again.json["decision"])
    with open_store(filled) as store:
        held = champion(store)
    assert held.model is not None
    assert held.model.model_id == again.json["champion_id"]


def test_no_server_is_started_where_too_little_is_new(benchwright: Command, filled: str, without_servers: None) -> None:
    said = benchwright("retrain", "--if-enough-new", 1000)

    assert 0 == said.code
    assert (
        "No model was trained: 240 scored answers and 0 reported outcomes are new, "
        "but 1,000 are required (--if-enough-new).\n"
    ) == said.out


def test_nothing_measured_is_said_and_a_store_that_is_not_there_is_2(
    benchwright: Command, without_servers: None
) -> None:
    empty = benchwright("retrain", "--json")
    nowhere = benchwright("retrain", "--db", "nowhere.db")

    assert (0, "not trained") == (empty.code, empty.json["decision"])
    assert "no candidate has results" in empty.json["sentence"]
    assert (2, True) == (nowhere.code, "there is no database" in nowhere.err)


@pytest.fixture
def interrupted(prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the flow do something and then be ended by a signal."""

    def end(how: object, do: Callable[[Store], object] = lambda _: None) -> None:
        def run_flow(_: object, __: object, store: Store, *___: object, **____: object) -> tuple[None, int]:
            do(store)
            if isinstance(how, BaseException):
                raise how
            assert isinstance(how, int)
            return None, how

        monkeypatch.setattr("deployments.cli.single_flows.run_flow", run_flow)

    return end


@pytest.mark.parametrize(
    ("how", "code"),
    [(KeyboardInterrupt(), 130), (signal.SIGINT, 130), (TerminatedError(), 143), (signal.SIGTERM, 143)],
)
def test_an_interrupted_retraining_says_what_is_kept_and_how_to_go_on(
    benchwright: Command, filled: str, interrupted: Callable[..., None], how: object, code: int
) -> None:
    interrupted(how)
    said = benchwright("retrain")
    as_json = benchwright("retrain", "--json")

    assert (code, "") == (said.code, said.out)
    assert "interrupted: no model was trained; the scoreboard alone keeps deciding\n" in said.err
    assert "  next: `benchwright retrain` starts again" in said.err
    assert (code, "cancelled", None) == (as_json.code, as_json.json["status"], as_json.json["model_id"])


def test_a_model_that_was_trained_before_the_interruption_is_named(
    benchwright: Command, filled: str, interrupted: Callable[..., None]
) -> None:
    interrupted(KeyboardInterrupt(), lambda store: train_and_store(store, seed=0))
    said = benchwright("retrain")

    assert 130 == said.code
    assert (
        "interrupted: best_per_task 1 was trained and is stored (trained); the scoreboard alone keeps deciding\n"
    ) in said.err
    assert "`benchwright selection promote 1` lets it decide as it is" in said.err
    assert 0 == benchwright("selection", "promote", "1").code


def test_a_model_that_came_to_decide_before_the_interruption_is_said_to(
    benchwright: Command, filled: str, interrupted: Callable[..., None]
) -> None:
    interrupted(signal.SIGINT, lambda store: carry_out(store, judge(store, train_and_store(store, seed=0))))
    said = benchwright("retrain", "--json")

    assert (130, "best_per_task 1 was trained and is now the selection model") == (said.code, said.json["sentence"])
    assert said.json["model_id"]
    assert "`benchwright selection rollback` takes it back" in said.err


def test_an_interruption_before_the_database_is_open_says_so_too(
    benchwright: Command, filled: str, without_servers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deployments.cli.retrain.run.workplace", interrupt)
    said = benchwright("retrain")

    assert (130, "interrupted: nothing was started\n  next: `benchwright retrain` starts again.\n") == (
        said.code,
        said.err,
    )


def test_a_wrong_number_is_2_with_the_command_that_helps(benchwright: Command, without_servers: None) -> None:
    said = benchwright("retrain", "--if-enough-new", 0)

    assert 2 == said.code
    assert "if_enough_new must be at least 1 (got 0)" in said.err
    assert "benchwright retrain --help" in said.err
