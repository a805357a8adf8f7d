"""Notes: on what they are, and that nothing is noted on what is not there."""

from collections.abc import Callable

import pytest
from comparison_results import a_comparison

from evaluation.errors import UnknownNameError
from evaluation.records.runs import RunPlan
from evaluation.store.annotations import annotate, annotations, notes_on_case
from evaluation.store.comparisons import find_comparison, save_comparison
from evaluation.store.experiment_deletion import ExperimentContents, contents_to_delete, delete_experiment
from evaluation.store.experiments import (
    add_runs,
    comparisons_of_experiment,
    create_experiment,
    experiment_named,
    experiment_of_runs,
    file_comparison,
)
from evaluation.store.session import Store


def save(store: Store, comparison_id: str, *sentences: str) -> None:
    result = a_comparison(comparison_id=comparison_id, run_ids=("run-1",), sentences=sentences)
    save_comparison(store, request={}, result=result, pairs=[])


def test_a_note_on_a_comparison_that_does_not_exist_is_refused(store: Store) -> None:
    save(store, "abc123")
    with pytest.raises(UnknownNameError, match="unknown comparison 'xyz'"):
        annotate(store, text="look", author="ada", comparison_id="xyz")
    annotate(store, text="look", author="ada", comparison_id="abc")
    assert ["abc123"] == [note.comparison_id for note in annotations(store, comparison_ids=["abc123"])]


def test_nothing_that_is_named_has_no_notes(store: Store) -> None:
    save(store, "abc123")
    annotate(store, text="look", author="ada", comparison_id="abc123")
    assert () == annotations(store)


def test_notes_on_a_case_are_those_of_that_case_alone(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    plan_run()
    annotate(store, text="of the run", author="ada", run_id="run-1")
    annotate(store, text="of the case", author="ada", run_id="run-1", case_id="case-0")
    assert ["of the case"] == [note.text for note in notes_on_case(store, "run-1", "case-0")]
    assert () == notes_on_case(store, "run-1", "case-1")
    assert 2 == len(annotations(store, run_ids=["run-1"]))


def test_runs_belong_to_an_experiment_where_exactly_one_has_them_all(
    store: Store, plan_run: Callable[..., RunPlan]
) -> None:
    for number in (1, 2):
        plan_run(f"run-{number}", invocation_id=f"invocation-{number}")
    ladder, steps = create_experiment(store, name="ladder"), create_experiment(store, name="steps")
    add_runs(store, ladder.experiment_id, ["run-1", "run-2"])
    add_runs(store, steps.experiment_id, ["run-1"])
    assert ladder.experiment_id == experiment_of_runs(store, ["run-2", "run-1"])
    assert experiment_of_runs(store, ["run-1"]) is None
    assert experiment_of_runs(store, ["run-9"]) is None
    assert experiment_named(store, ladder.experiment_id) is None


def test_what_goes_is_counted_before_it_goes(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    for number in (1, 2):
        plan_run(f"run-{number}", invocation_id=f"invocation-{number}")
    ladder, steps = create_experiment(store, name="ladder"), create_experiment(store, name="steps")
    add_runs(store, ladder.experiment_id, ["run-1", "run-2"])
    add_runs(store, steps.experiment_id, ["run-2"])
    save(store, "abc123", "a is better than b.", "more")
    file_comparison(store, "abc123", ladder.experiment_id)
    for target in ({"run_id": "run-1"}, {"run_id": "run-2"}, {"comparison_id": "abc123"}):
        annotate(store, text="look", author="ada", **target)

    assert ["a is better than b."] == [
        comparison.sentence for comparison in comparisons_of_experiment(store, ladder.experiment_id)
    ]
    goes = contents_to_delete(store, ladder.experiment_id, with_runs=True)
    assert ExperimentContents(run_ids=("run-1",), n_answers=0, n_comparisons=1, n_notes=2, n_runs_kept=1) == goes
    kept = contents_to_delete(store, ladder.experiment_id, with_runs=False)
    assert ExperimentContents(run_ids=(), n_answers=0, n_comparisons=1, n_notes=1, n_runs_kept=2) == kept

    delete_experiment(store, ladder.experiment_id, with_runs=True)
    with pytest.raises(UnknownNameError):
        find_comparison(store, "abc123")
    assert ["run-2"] == [note.run_id for note in annotations(store, run_ids=["run-1", "run-2"])]
