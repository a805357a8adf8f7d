"""`benchwright retrain`: the flow's result on the terminal, and no server where there is nothing to do."""

from collections.abc import Callable
from typing import Any

import pytest
from recommendable import fill

from evaluation.store.selection_models import champion
from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def filled(database: str) -> str:
    """The store of the commands, with three candidates on two tasks."""
    with open_store(database) as store:
        fill(store)
    return database


def test_the_sentence_comes_first_and_the_model_decides(
    benchwright: Command, filled: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.prefect_server.settle", lambda *_, **__: None)

    said = benchwright("retrain")
    again = benchwright("retrain", "--if-enough-new", 1, "--json")

    assert 0 == said.code
    assert said.out.startswith("best_per_task 1 decides from now on: there is no champion yet")
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
        "No model was trained: 240 scored answers and 0 reported outcomes are new, and 1,000 are asked for.\n"
    ) == said.out


def test_nothing_measured_is_said_and_a_store_that_is_not_there_is_2(
    benchwright: Command, without_servers: None
) -> None:
    empty = benchwright("retrain", "--json")
    nowhere = benchwright("retrain", "--db", "nowhere.db")

    assert (0, "not trained") == (empty.code, empty.json["decision"])
    assert "nothing is known of any candidate" in empty.json["sentence"]
    assert (2, True) == (nowhere.code, "there is no database" in nowhere.err)


def test_a_wrong_number_is_2_with_the_command_that_helps(benchwright: Command, without_servers: None) -> None:
    said = benchwright("retrain", "--if-enough-new", 0)

    assert 2 == said.code
    assert "if_enough_new must be at least 1 (got 0)" in said.err
    assert "benchwright retrain --help" in said.err
