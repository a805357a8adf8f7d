"""How many statements a reading route asks of the database: few, and no more for larger runs and experiments."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, compared, right_on
from filled_stores import fill_by_copy
from large_searches import RACE, fill_searches
from stored_runs import store_run
from watched_statements import watched

from deployments.api.app import create_app
from evaluation.candidate import PipelineChoice
from evaluation.pipelines.cascade import Cascade
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.session import KeptStore, Store, keep_open

Fill = Callable[[Store], None]
Count = Callable[[str, Fill], int]

MOST = 20
"""Of any route, on what was read before. An experiment of five runs had 84, the differences of two runs 44."""
ON_MUCH = [
    "runs",
    "runs/wide-0",
    "runs/wide-0/cases?limit=2",
    "runs/wide-0/cases?limit=2&candidate=m2%3A1b&metric=token_f1",
    "runs/wide-0/cases/c00",
    "runs/wide-0/diff/wide-1",
    f"runs/{RACE}/race",
    "comparisons",
    "comparisons/last",
    "experiments",
    "experiments/all",
    "analytics/breakdown?run=wide-0",
    "analytics/breakdown?experiment=all",
    "runs?experiment=all",
    "runs/cascades/cascades",
    "analytics/correlations/wide-0",
    "candidates",
    "candidates/m0%3A1b",
    "models",
    "benchmarks",
]


_CASCADE = PipelineChoice(
    name="cascade",
    options={"large": "big:7b", "signal": "logprob", "ask_both": "true", "threshold": "0"},
    signature=Cascade(large="big:7b", signal="logprob", ask_both=True, threshold=0.0).signature,
    models={"big:7b": "digest of big:7b"},
)


def _fill(store: Store, n: int) -> None:
    cases = cases_of(6)
    asked = [candidate(f"m{i}:1b", right_on(cases, range(i % 6))) for i in range(n)]
    run_ids = [f"wide-{i}" for i in range(n)]
    for run_id in run_ids:
        store_run(store, *asked, cases=cases, run_id=run_id, metrics=("exact_match", "token_f1"))
    made = create_experiment(store, name="all")
    add_runs(store, made.experiment_id, run_ids)
    fill_searches(store, n_candidates=n, n_cases=6)
    compared(store, "wide-0")
    cascades = [candidate(f"m{i}:1b", right_on(cases, range(6)), pipeline=_CASCADE) for i in range(n)]
    store_run(store, *cascades, cases=cases, run_id="cascades")


def _few(store: Store) -> None:
    _fill(store, 3)


def _many(store: Store) -> None:
    _fill(store, 6)


@pytest.fixture
def n_statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    """Returns the statements of a request that is sent for the second time, to a store filled so."""
    monkeypatch.setattr("evaluation.store.kept_readings.FEWEST_ANSWERS", 1)  # a small run is read anew each time
    stores: dict[Fill, KeptStore] = {}

    def count(path: str, fill: Fill) -> int:
        if fill not in stores:
            url = f"sqlite:///{tmp_path / fill.__name__}.db"
            fill_by_copy(url, fill)
            stores[fill] = keep_open(url)
        api = ApiClient(create_app(stores[fill]))
        assert 200 == api.get(f"/api/v1/{path}").status_code
        with watched() as seen:
            assert 200 == api.get(f"/api/v1/{path}").status_code
        return len(seen.statements)

    yield count
    for store in stores.values():
        store.close()


@pytest.mark.parametrize("path", ON_MUCH)
def test_larger_runs_and_experiments_take_no_more_statements(n_statements: Count, path: str) -> None:
    few, many = n_statements(path, _few), n_statements(path, _many)

    assert few == many
    assert many <= MOST
