"""Sweeps are stored with what they try, once, and with what they found."""

from collections.abc import Callable

import pytest

from evaluation.errors import StoreError
from evaluation.records.runs import RunPlan
from evaluation.store.session import Store
from evaluation.store.sweeps import begin_sweep, find_sweep, finish_sweep

TRIED = ({"temperature": 0.0, "think": True}, {"temperature": 1.0, "think": "high"})


@pytest.fixture
def sweep(store: Store, plan_run: Callable[..., RunPlan]) -> str:
    """Id of the invocation of a sweep that has begun."""
    invocation_id = plan_run().invocation_id
    begin_sweep(
        store, invocation_id, request={"parameters": ["temperature=0,1"]}, combinations=TRIED, code_version="1.0"
    )
    return invocation_id


def test_a_sweep_is_found_by_its_invocation_with_what_it_tries(store: Store, sweep: str) -> None:
    found = find_sweep(store, sweep)

    assert found is not None
    assert ({"parameters": ["temperature=0,1"]}, list(TRIED), None, None, "1.0") == (
        found.request,
        found.combinations,
        found.result,
        found.finished_at,
        found.code_version,
    )
    assert find_sweep(store, "another") is None


def test_beginning_again_changes_nothing(store: Store, sweep: str) -> None:
    before = find_sweep(store, sweep)

    begin_sweep(store, sweep, request={}, combinations=[], code_version="2.0")

    assert before == find_sweep(store, sweep)


def test_what_it_found_is_stored_and_may_be_replaced(store: Store, sweep: str) -> None:
    finish_sweep(store, sweep, {"n": 1})
    finish_sweep(store, sweep, {"n": 2})

    found = find_sweep(store, sweep)
    assert found is not None
    assert {"n": 2} == found.result
    assert found.finished_at is not None
    with pytest.raises(StoreError, match="no sweep 'another'"):
        finish_sweep(store, "another", {})
