"""Experiments: their runs, their notes, and what a deletion takes along."""

from collections.abc import Callable

import pytest

from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.records.runs import RunPlan
from evaluation.records.status import Status
from evaluation.store.annotations import annotate, annotations, remove_annotation
from evaluation.store.experiment_deletion import delete_experiment, runs_of_its_own
from evaluation.store.experiments import (
    add_runs,
    archive_experiment,
    change_experiment,
    clone_experiment,
    create_experiment,
    experiments_of_run,
    find_experiment,
    list_experiments,
    remove_runs,
)
from evaluation.store.holders import take_hold
from evaluation.store.runs import find_run, set_run_status
from evaluation.store.session import Store


def test_an_experiment_is_found_by_name_by_id_and_by_the_beginning_of_its_id(store: Store) -> None:
    made = create_experiment(store, name="ladder", question="Which quantisation?", tags=("q", "q", "gpu"))
    assert made == find_experiment(store, "ladder")
    assert made == find_experiment(store, made.experiment_id)
    assert made == find_experiment(store, made.experiment_id[:7])
    assert made.tags == ("q", "gpu")
    assert made.run_ids == ()


def test_a_name_is_taken_once(store: Store) -> None:
    create_experiment(store, name="ladder")
    with pytest.raises(ConfigurationError, match="'ladder' already"):
        create_experiment(store, name=" ladder ")
    other = create_experiment(store, name="steps")
    with pytest.raises(ConfigurationError, match="'ladder' already"):
        change_experiment(store, other.experiment_id, name="ladder")
    change_experiment(store, other.experiment_id, name="steps", question="Again?")
    assert find_experiment(store, "steps").question == "Again?"


def test_an_unknown_experiment_is_refused_with_the_known_names(store: Store) -> None:
    create_experiment(store, name="ladder")
    with pytest.raises(UnknownNameError, match="did you mean 'ladder'"):
        find_experiment(store, "lader")
    with pytest.raises(UnknownNameError, match=r"unknown experiment 'gone'\. Known: ladder\."):
        archive_experiment(store, "gone")
    with pytest.raises(ConfigurationError, match="needs a name"):
        create_experiment(store, name="  ")


def test_runs_are_kept_in_the_order_in_which_they_were_added(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    for number in (2, 1, 3):
        plan_run(f"run-{number}", invocation_id=f"invocation-{number}")
    made = create_experiment(store, name="ladder")
    assert add_runs(store, made.experiment_id, ["run-2", "run-1", "run-2"]) == 2
    assert add_runs(store, made.experiment_id, ["run-1", "run-3"]) == 1
    assert find_experiment(store, "ladder").run_ids == ("run-2", "run-1", "run-3")
    assert experiments_of_run(store, "run-3") == ("ladder",)
    assert remove_runs(store, made.experiment_id, ["run-1", "run-9"]) == 1
    assert find_experiment(store, "ladder").run_ids == ("run-2", "run-3")
    assert find_run(store, "run-1").plan.run_id == "run-1"


def test_an_archived_experiment_leaves_the_list_and_comes_back(store: Store) -> None:
    made = create_experiment(store, name="ladder")
    archive_experiment(store, made.experiment_id)
    assert list_experiments(store) == ()
    assert [found.name for found in list_experiments(store, include_archived=True)] == ["ladder"]
    archive_experiment(store, made.experiment_id, archived=False)
    assert [found.name for found in list_experiments(store)] == ["ladder"]


def test_a_clone_has_the_question_and_the_template_and_no_runs(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    made = create_experiment(store, name="ladder", question="Which?", template={"models": ["m:1b"]}, tags=("gpu",))
    add_runs(store, made.experiment_id, ["run-1"])
    copy = clone_experiment(store, made.experiment_id, name="ladder again")
    assert (copy.question, copy.template, copy.tags, copy.run_ids) == ("Which?", {"models": ["m:1b"]}, ("gpu",), ())
    assert copy.experiment_id != made.experiment_id


def test_a_deletion_takes_its_notes_and_its_own_runs_but_not_those_of_another_experiment(
    store: Store, plan_run: Callable[..., RunPlan]
) -> None:
    plan_run("run-1", invocation_id="invocation-1")
    plan_run("run-2", invocation_id="invocation-2")
    ladder, steps = create_experiment(store, name="ladder"), create_experiment(store, name="steps")
    add_runs(store, ladder.experiment_id, ["run-1", "run-2"])
    add_runs(store, steps.experiment_id, ["run-2"])
    annotate(store, text="look", author="ada", experiment_id=ladder.experiment_id)
    annotate(store, text="odd", author="ada", run_id="run-1")
    assert runs_of_its_own(store, ladder.experiment_id) == ("run-1",)
    assert delete_experiment(store, ladder.experiment_id, with_runs=True) == ("run-1",)
    assert [found.name for found in list_experiments(store)] == ["steps"]
    assert find_experiment(store, "steps").run_ids == ("run-2",)
    assert annotations(store, experiment_id=ladder.experiment_id, run_ids=["run-1"]) == ()
    with pytest.raises(UnknownNameError):
        find_run(store, "run-1")


def test_a_deletion_leaves_the_runs_where_that_is_wished(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    made = create_experiment(store, name="ladder")
    add_runs(store, made.experiment_id, ["run-1"])
    assert delete_experiment(store, made.experiment_id, with_runs=False) == ()
    assert find_run(store, "run-1").plan.run_id == "run-1"


def test_nothing_is_deleted_while_a_run_of_it_is_running(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run("run-1", invocation_id="invocation-1")
    plan_run("run-2", invocation_id="invocation-2")
    made = create_experiment(store, name="ladder")
    add_runs(store, made.experiment_id, ["run-1", "run-2"])
    take_hold(store, ["run-2"], host="here", pid=1, process_start=None)
    set_run_status(store, "run-2", Status.RUNNING)
    with pytest.raises(StoreError, match="'run-2' of the experiment is still running"):
        delete_experiment(store, made.experiment_id, with_runs=True)
    assert find_experiment(store, "ladder").run_ids == ("run-1", "run-2")


def test_notes_are_on_one_thing_and_read_oldest_first(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    made = create_experiment(store, name="ladder")
    first = annotate(store, text=" temperature was odd ", author="ada", experiment_id=made.experiment_id)
    second = annotate(store, text="wrong reference", author="bo", run_id="run-1", case_id="case-0")
    found = annotations(store, experiment_id=made.experiment_id, run_ids=["run-1"])
    assert [(note.text, note.author, note.run_id, note.case_id) for note in found] == [
        ("temperature was odd", "ada", None, None),
        ("wrong reference", "bo", "run-1", "case-0"),
    ]
    remove_annotation(store, first)
    assert [note.text for note in annotations(store, experiment_id=made.experiment_id)] == []
    with pytest.raises(UnknownNameError, match=f"Known: {second}"):
        remove_annotation(store, first)


def test_a_note_without_words_or_without_a_thing_is_refused(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    with pytest.raises(ConfigurationError, match="must say something"):
        annotate(store, text=" ", author="ada", run_id="run-1")
    with pytest.raises(ConfigurationError, match="belongs to one thing"):
        annotate(store, text="x", author="ada")
    with pytest.raises(ConfigurationError, match="case 'c' is a case of no run"):
        annotate(store, text="x", author="ada", comparison_id="c1", case_id="c")
    with pytest.raises(UnknownNameError):
        annotate(store, text="x", author="ada", run_id="no-such")


@pytest.mark.parametrize("name", ["x" * 201, "a\u200bb", "a\x1b[2J"])
def test_names_and_tags_can_be_read_and_typed(store: Store, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"201 characters|invisible character"):
        create_experiment(store, name=name)
    with pytest.raises(ConfigurationError, match=r"201 characters|invisible character"):
        create_experiment(store, name="ladder", tags=[name])


def test_a_name_is_one_in_both_forms_of_its_letters(store: Store) -> None:
    made = create_experiment(store, name="cafe\u0301")
    assert "caf\u00e9" == made.name
    assert made == find_experiment(store, "cafe\u0301")
    with pytest.raises(ConfigurationError, match="already"):
        create_experiment(store, name="caf\u00e9")
