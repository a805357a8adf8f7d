"""What is old goes; what is needed stays; and the disk gets the room back."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from comparison_results import a_comparison
from stored_rows import save_outcomes, save_recommendations

from evaluation.errors import StoreError, UnknownNameError
from evaluation.records.runs import RunPlan
from evaluation.records.selection import RecommendationRecord
from evaluation.records.status import Status
from evaluation.store.annotations import annotate
from evaluation.store.comparisons import save_comparison
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.gpu_samples import GpuSample, save_gpu_samples
from evaluation.store.holders import let_go, take_hold
from evaluation.store.pruning import find_prunable, is_anyone_at_work, prune
from evaluation.store.races import begin_race
from evaluation.store.recommendations import list_recommendations
from evaluation.store.retention import RetentionReason, read_retention_reasons
from evaluation.store.runs import set_run_status, tag_run
from evaluation.store.session import Store, info, open_store
from evaluation.store.summaries import list_runs
from evaluation.store.sweeps import begin_sweep
from evaluation.store.tables import METADATA, run
from evaluation.store.vacuum import file_size, free_inside, vacuum_file

OLD = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = datetime(2026, 3, 1, tzinfo=UTC)
NEW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def ended_run(
    store: Store,
    plan_run: Callable[..., RunPlan],
    plan_candidate: Callable[..., int],
    make_row: Callable[..., Any],
) -> Callable[..., RunPlan]:
    """Stores a run of two answers that ended at a moment."""

    def store_one(run_id: str, ended_at: datetime = OLD, *, invocation_id: str | None = None) -> RunPlan:
        plan = plan_run(run_id, invocation_id=invocation_id or f"of-{run_id}")
        candidate_id = plan_candidate(run_id)
        save_outcomes(store, [make_row(candidate_id, case_id) for case_id in ("case-0", "case-1")])
        set_run_status(store, run_id, Status.COMPLETED)
        with store.write() as connection:
            connection.execute(sa.update(run).where(run.c.id == run_id).values(finished_at=ended_at))
        return plan

    return store_one


def _sample(moment: datetime) -> GpuSample:
    return GpuSample(endpoint="local", gpu_index=0, gpu_name="card", sampled_at=moment, utilisation=0.5)


def _recommendation(name: str, created_at: datetime, **given: Any) -> RecommendationRecord:
    return RecommendationRecord(
        recommendation_id=name,
        task="code",
        prompt_hash="h",
        prompt="A prompt.",
        constraints={},
        weights={},
        on_tie="cheapest",
        candidate_key="key",
        candidate_label="a:1b",
        expected={},
        alternatives=(),
        tied=(),
        details={},
        propensity=None,
        n_cases=1,
        decided_by="scoreboard",
        reason="It is best.",
        evidence_fingerprint="f",
        code_version="0",
        created_at=created_at,
        **given,
    )


def _ids(store: Store) -> set[str]:
    return {one.run_id for one in list_runs(store, limit=None, include_archived=True)}


def test_runs_that_ended_before_go_with_all_that_hangs_on_them(
    store: Store, ended_run: Callable[..., RunPlan], plan_run: Callable[..., RunPlan]
) -> None:
    ended_run("old")
    ended_run("new", NEW)
    plan_run("never-begun", invocation_id="of-never-begun")
    save_gpu_samples(store, "of-old", [_sample(OLD), _sample(OLD)])

    old = find_prunable(store, BEFORE)

    assert (("old",), 2, 2, {}) == (old.run_ids, old.n_answers, old.n_gpu_samples, old.n_kept)
    assert old == prune(store, old)
    assert {"new", "never-begun"} == _ids(store)
    assert find_prunable(store, BEFORE).is_nothing
    with store.read() as connection:
        left = {
            name: connection.execute(sa.select(sa.func.count()).select_from(METADATA.tables[name])).scalar_one()
            for name in ("run", "invocation", "run_candidate", "generation", "gpu_sample")
        }
    assert {"run": 2, "invocation": 2, "run_candidate": 1, "generation": 2, "gpu_sample": 0} == left


def test_what_is_needed_is_kept_unless_said(store: Store, ended_run: Callable[..., RunPlan]) -> None:
    for name in ("plain", "liked", "filed", "compared", "raced", "swept", "noted"):
        plan = ended_run(name)
    tag_run(store, "liked", favourite=True)
    add_runs(store, create_experiment(store, name="question").experiment_id, ["filed"])
    result = a_comparison(
        benchmark=plan.benchmark_name, benchmark_version=plan.benchmark_version, run_ids=("compared",)
    )
    save_comparison(store, request={}, result=result, pairs=[])
    begin_race(store, "of-raced", request={}, code_version="0")
    begin_sweep(store, "of-swept", request={}, combinations=[], code_version="0")
    annotate(store, text="Look.", author="me", run_id="noted")

    old = find_prunable(store, BEFORE)

    assert ("plain",) == old.run_ids
    assert {
        RetentionReason.FAVOURITES: 1,
        RetentionReason.EXPERIMENTS: 1,
        RetentionReason.COMPARISONS: 1,
        RetentionReason.SEARCHES: 2,
        RetentionReason.NOTES: 1,
    } == old.n_kept
    also = read_retention_reasons(["favourites", "searches"])
    assert {"plain", "liked", "raced", "swept"} == set(find_prunable(store, BEFORE, also=also).run_ids)
    prune(store, find_prunable(store, BEFORE, also=also), also=also)
    assert {"filed", "compared", "noted"} == _ids(store)


def test_a_run_that_is_held_stays_whatever_is_said(store: Store, ended_run: Callable[..., RunPlan]) -> None:
    ended_run("held")
    save_gpu_samples(store, "of-held", [_sample(OLD)])
    holder_id = take_hold(store, ["held"])
    assert is_anyone_at_work(store)

    old = find_prunable(store, BEFORE, also=list(RetentionReason)[1:])

    assert ((), 0, {RetentionReason.HELD: 1}) == (old.run_ids, old.n_gpu_samples, old.n_kept)
    let_go(store, holder_id)
    assert not is_anyone_at_work(store)
    assert ("held",) == find_prunable(store, BEFORE).run_ids


@pytest.mark.parametrize("name", ["held", "Favourites", ""])
def test_only_what_may_be_given_up_can_be_named(name: str) -> None:
    with pytest.raises(UnknownNameError, match="favourites"):
        read_retention_reasons([name])


def test_what_was_marked_since_it_was_agreed_to_stays(store: Store, ended_run: Callable[..., RunPlan]) -> None:
    ended_run("one")
    ended_run("two")
    agreed = find_prunable(store, BEFORE)
    tag_run(store, "two", favourite=True)
    ended_run("three")

    gone = prune(store, agreed)

    assert (("one",), 2) == (gone.run_ids, gone.n_answers)
    assert {"two", "three"} == _ids(store)


def test_a_run_that_was_taken_up_again_is_not_old(store: Store, ended_run: Callable[..., RunPlan]) -> None:
    ended_run("again")
    set_run_status(store, "again", Status.RUNNING)
    assert () == find_prunable(store, BEFORE).run_ids


def test_samples_stay_while_a_run_of_their_invocation_is_not_old(
    store: Store, ended_run: Callable[..., RunPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.store.deleting._AT_ONCE", 2)
    ended_run("first", invocation_id="both")
    ended_run("second", NEW, invocation_id="both")
    ended_run("liked")
    tag_run(store, "liked", favourite=True)
    save_gpu_samples(store, "both", [_sample(OLD)])
    save_gpu_samples(store, "of-liked", [_sample(OLD)] * 5)

    gone = prune(store, find_prunable(store, BEFORE))

    assert (("first",), 5) == (gone.run_ids, gone.n_gpu_samples)
    assert {"second", "liked"} == _ids(store)
    assert 1 == info(store.url).n_rows["gpu_sample"]


def test_recommendations_go_unless_something_was_reported_of_them_since(store: Store) -> None:
    save_recommendations(
        store,
        [
            _recommendation("silent", OLD),
            _recommendation("reported-then", OLD, ok=True, reported_at=OLD + timedelta(days=1)),
            _recommendation("reported-since", OLD, ok=True, reported_at=NEW),
            _recommendation("new", NEW),
        ],
    )

    assert 2 == find_prunable(store, BEFORE).n_recommendations
    assert 2 == prune(store, find_prunable(store, BEFORE)).n_recommendations
    assert ["reported-since", "new"] == [one.recommendation_id for one in list_recommendations(store)]


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Store]:
    """A SQLite store from which much was deleted."""
    with open_store(str(tmp_path / "roomy.db")) as store:
        prompts = [replace(_recommendation(f"r{n}", OLD), prompt="words " * 2000) for n in range(200)]
        save_recommendations(store, [*prompts, _recommendation("new", NEW)])
        prune(store, find_prunable(store, BEFORE))
        yield store


def test_the_disk_gets_the_room_back_and_the_rest_is_there(roomy: Store, tmp_path: Path) -> None:
    before = file_size(roomy) or 0
    assert free_inside(roomy) > 1_000_000

    assert vacuum_file(roomy) > 1_000_000

    assert (file_size(roomy) or 0) < before - 1_000_000
    assert 0 == free_inside(roomy)
    assert ["new"] == [one.recommendation_id for one in list_recommendations(roomy)]
    with closing(sqlite3.connect(tmp_path / "roomy.db")) as connection:
        assert ("ok",) == connection.execute("PRAGMA integrity_check").fetchone()
        assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()


def test_without_room_on_the_disk_the_file_stays_as_it_is(roomy: Store) -> None:
    before = file_size(roomy)
    with pytest.raises(StoreError, match="and 1,000 are free"):
        vacuum_file(roomy, free_bytes=lambda _: 1000)
    assert before == file_size(roomy)
    assert free_inside(roomy) > 1_000_000


def test_a_database_that_another_process_writes_is_left_alone(roomy: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.store.vacuum._BUSY_TIMEOUT_S", 0.1)
    with roomy.write(), pytest.raises(StoreError, match="locked"):
        vacuum_file(roomy)


def test_postgresql_is_left_to_itself(postgresql_url: str) -> None:
    with open_store(postgresql_url) as store:
        assert (0, None) == (free_inside(store), file_size(store))


def test_answers_are_counted_over_more_runs_than_one_question_takes(
    store: Store, ended_run: Callable[..., RunPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.store.pruning.IDS_AT_ONCE", 2)
    for number in range(3):
        ended_run(f"run-{number}")
    assert 6 == find_prunable(store, BEFORE).n_answers
