"""`last` among races and among sweeps is the newest of that kind, whatever ran since."""

from collections.abc import Callable

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.runs import RunPlan, RunRecord
from evaluation.store.races import begin_race
from evaluation.store.runs import archive_run
from evaluation.store.search_runs import find_race_run, find_sweep_run
from evaluation.store.session import Store
from evaluation.store.sweeps import begin_sweep

Find = Callable[[Store, str], RunRecord]


@pytest.fixture
def one_of_each(store: Store, plan_run: Callable[..., RunPlan]) -> None:
    """A race, a sweep and, the newest, a plain run."""
    begin_race(store, plan_run("race-1").invocation_id, request={"method": "evidence"}, code_version="1.0")
    swept = plan_run("sweep-1", invocation_id="invocation-2").invocation_id
    begin_sweep(store, swept, request={"parameters": ["temperature=0,1"]}, combinations=[], code_version="1.0")
    plan_run("plain-1", invocation_id="invocation-3")


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(("find", "run_id"), [(find_race_run, "race-1"), (find_sweep_run, "sweep-1")])
def test_the_newest_of_its_kind_is_last_and_an_archived_one_is_not(store: Store, find: Find, run_id: str) -> None:
    assert [run_id] * 3 == [find(store, name).plan.run_id for name in ("last", run_id, run_id[:4])]

    archive_run(store, run_id)

    with pytest.raises(UnknownNameError, match=rf"unknown (race|sweep) 'last'\. Known: {run_id}\."):
        find(store, "last")
    assert run_id == find(store, run_id).plan.run_id


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize(("find", "kind"), [(find_race_run, "race"), (find_sweep_run, "sweep")])
def test_another_run_is_refused_by_its_own_id(store: Store, find: Find, kind: str) -> None:
    with pytest.raises(ConfigurationError, match=f"run plain-1 is not a {kind}"):
        find(store, "plain")
    with pytest.raises(UnknownNameError, match="unknown run 'nosuch'"):
        find(store, "nosuch")
