"""Does every figure that is put together from what was kept change at once with the run, in any process?"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from compared_runs import candidate, cases_of, right_on, store_run
from stored_rows import save_outcomes
from stored_runs import MOMENT, answer

from evaluation.comparisons.metric_correlations import metric_correlations
from evaluation.metrics.parsing import parse_metric
from evaluation.monitoring import run_figures
from evaluation.monitoring.result import timeline
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.status import Status
from evaluation.requests.monitor_request import read_monitor_request
from evaluation.results.as_json import as_json
from evaluation.run_results.experiment_result import experiment_result
from evaluation.run_results.run_diff import run_diff
from evaluation.run_results.run_result import run_result
from evaluation.run_results.sweep_result import sweep_outcome
from evaluation.scoring.aggregation import aggregate_run, case_values
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store import kept_readings
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.runs import find_run, set_run_status
from evaluation.store.session import Store, open_store
from evaluation.store.summaries import list_runs
from evaluation.store.sweeps import begin_sweep
from evaluation.store.tables import kept_reading, run, score

CASES = cases_of(12)
METRICS = ("exact_match", "token_f1")
NOW = datetime.now(UTC) + timedelta(hours=1)
FIGURES: dict[str, Callable[[Store], Any]] = {
    "list": list_runs,
    "first": lambda store: run_result(store, "first"),
    "second": lambda store: run_result(store, "second"),
    "difference": lambda store: run_diff(store, "first", "second"),
    "other way round": lambda store: run_diff(store, "second", "first"),
    "experiment": lambda store: experiment_result(store, "all"),
    "correlations": lambda store: metric_correlations(store, "second"),
    "sweep": lambda store: sweep_outcome(store, "of-second"),
    "over time": lambda store: timeline(store, read_monitor_request({"since_days": 30}), NOW),
}


@pytest.fixture(autouse=True)
def _keep_of_small_runs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_readings, "FEWEST_ANSWERS", 1)
    monkeypatch.setattr(run_figures, "_FEWEST", 1)
    monkeypatch.setattr(kept_readings, "code_hash", lambda: "code")


@pytest.fixture
def filled(store: Store) -> Store:
    good = candidate("good:1b", right_on(CASES, range(12)))
    bad = candidate("bad:1b", right_on(CASES, range(5)))
    store_run(store, good, bad, cases=CASES, run_id="first", metrics=METRICS)
    some = right_on(CASES, range(10))
    some.pop(CASES[3].case_id)
    store_run(store, candidate("good:1b", some), bad, cases=CASES, run_id="second", metrics=METRICS)
    tried = [{"model": "good:1b"}, {"model": "bad:1b"}]
    begin_sweep(store, "of-second", request={"parameters": []}, combinations=tried, code_version="1.0")
    add_runs(store, create_experiment(store, name="all").experiment_id, ["first", "second"])
    return store


def _figures(store: Store) -> dict[str, Any]:
    return {name: as_json(read(store)) for name, read in FIGURES.items()}


def _counted(store: Store) -> dict[str, Any]:
    """Every figure, read without what was kept."""
    with pytest.MonkeyPatch.context() as without:
        without.setattr(kept_readings, "_kept", lambda *_: {})
        without.setattr(kept_readings, "FEWEST_ANSWERS", 1_000_000)
        without.setattr(run_figures, "_FEWEST", 1_000_000)
        return _figures(store)


def _rescore(store: Store) -> None:
    aggregate_run(store, "second", METRICS)


def _add_a_score(store: Store) -> None:
    record = find_run(store, "second").candidates[0]
    metric = parse_metric("contains")
    score_candidate(store, "second", record.run_candidate_id, [metric])
    aggregate_run(store, "second", [*METRICS, "contains"])


def _change_scores(store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.update(score).values(value=score.c.id % 7 / 7.0))
    _rescore(store)


def _resume(store: Store) -> None:
    record = find_run(store, "second").candidates[0]
    set_run_status(store, "second", Status.RUNNING)
    outcome = OutcomeRow(
        run_candidate_id=record.run_candidate_id,
        case_id=CASES[3].case_id,
        repeat=0,
        outcome=answer("no idea"),
        endpoint="here",
        finished_at=MOMENT,
    )
    save_outcomes(store, [outcome])
    score_candidate(store, "second", record.run_candidate_id, [parse_metric(text) for text in METRICS])
    _rescore(store)
    set_run_status(store, "second", Status.COMPLETED)


CHANGES = {"scores change": _change_scores, "a metric is added": _add_a_score, "a run is resumed": _resume}


@pytest.mark.parametrize("change", CHANGES)
def test_every_figure_is_that_of_the_rows_as_they_are_now(filled: Store, change: str) -> None:
    first = _figures(filled)
    assert first == _figures(filled) == _counted(filled)

    with open_store(filled.url) as other_process:
        CHANGES[change](other_process)

    counted = _counted(filled)
    assert counted == _figures(filled)
    assert counted == _figures(filled)
    assert {name for name in counted if counted[name] != first[name]} >= {"second", "correlations"}


def test_everything_that_counts_answers_is_kept(filled: Store) -> None:
    _figures(filled)
    with filled.read() as connection:
        names = connection.execute(sa.select(kept_reading.c.name).where(kept_reading.c.run_id == "second")).scalars()

        assert {"counts", "figures", "diff first", "correlations", "sweep", "monitored"} == set(names)


def test_a_deleted_run_is_gone_from_every_list(filled: Store) -> None:
    _figures(filled)
    with filled.write() as connection:
        connection.execute(sa.delete(run).where(run.c.id == "first"))

    assert ["second"] == [each.run_id for each in list_runs(filled)]
    assert ["second"] == [each.run_id for each in experiment_result(filled, "all").runs]


def test_another_process_is_given_what_changed_here(filled: Store) -> None:
    _figures(filled)
    _change_scores(filled)
    program = (
        "import json, sys; from evaluation.store import kept_readings; kept_readings.FEWEST_ANSWERS = 1\n"
        "from evaluation.results.as_json import as_json; from evaluation.run_results.run_result import run_result\n"
        "from evaluation.store.session import open_store\n"
        "with open_store(sys.argv[1]) as store: print(json.dumps(as_json(run_result(store, 'second'))))"
    )

    printed = subprocess.run([sys.executable, "-c", program, filled.url], capture_output=True, text=True, check=True)

    assert _counted(filled)["second"] == json.loads(printed.stdout)


def test_what_was_read_with_a_metric_is_not_given_where_the_metric_is_not_there(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a process that has not loaded a user's own file, which says how repeats are combined."""
    n_read = 0

    def counting(*words: Any) -> Any:
        nonlocal n_read
        n_read += 1
        return case_values(*words)

    for module in ("evaluation.comparisons.metric_correlations", "evaluation.run_results.run_diff"):
        monkeypatch.setattr(f"{module}.case_values", counting)
    for name in ("correlations", "difference"):
        FIGURES[name](filled)
    n_first = n_read
    for name in ("correlations", "difference"):
        FIGURES[name](filled)
    assert 0 < n_first == n_read

    monkeypatch.setattr("evaluation.scoring.aggregation.metric_of", lambda *_: None)
    for name in ("correlations", "difference"):
        FIGURES[name](filled)
    assert n_first < n_read
