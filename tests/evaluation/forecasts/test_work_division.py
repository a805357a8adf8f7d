"""Work is shared so that all who take part end together, and nothing of it is lost."""

from hypothesis import given
from hypothesis import strategies as st

from evaluation.forecasts.forecast import shared_out

WORKERS = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.floats(0.0, 1e4), st.floats(0.01, 1e3)), min_size=1, max_size=6
)


def shares(n_calls: int, workers: dict[str, tuple[float, float]]) -> dict[str, int]:
    return shared_out(
        n_calls,
        starts_s={name: start for name, (start, _) in workers.items()},
        calls_per_s={name: rate for name, (_, rate) in workers.items()},
    )


def test_equal_workers_get_equal_parts() -> None:
    assert {"a": 5, "b": 5} == shares(10, {"a": (0.0, 2.0), "b": (0.0, 2.0)})


def test_a_worker_twice_as_fast_gets_twice_as_much() -> None:
    assert {"a": 20, "b": 10} == shares(30, {"a": (0.0, 4.0), "b": (0.0, 2.0)})


def test_a_worker_that_is_free_later_gets_less() -> None:
    # Both end after 15 s: 15 s of a, 5 s of b.
    assert {"a": 15, "b": 5} == shares(20, {"a": (0.0, 1.0), "b": (10.0, 1.0)})


def test_a_worker_that_is_free_too_late_gets_nothing() -> None:
    assert {"a": 20, "b": 0} == shares(20, {"a": (0.0, 1.0), "b": (20.0, 9.0)})


def test_nothing_is_shared_of_nothing() -> None:
    assert {"a": 0, "b": 0} == shares(0, {"a": (3.0, 1.0), "b": (3.0, 1.0)})


@given(n_calls=st.integers(0, 10_000), workers=WORKERS)
def test_every_call_is_given_to_somebody(n_calls: int, workers: dict[str, tuple[float, float]]) -> None:
    found = shares(n_calls, workers)

    assert set(workers) == set(found)
    assert n_calls == sum(found.values())
    assert min(found.values()) >= 0


@given(n_calls=st.integers(1, 10_000), workers=WORKERS)
def test_whoever_takes_part_ends_within_a_call_of_the_others(
    n_calls: int, workers: dict[str, tuple[float, float]]
) -> None:
    found = shares(n_calls, workers)
    earliest = {name: workers[name][0] + max(0, n - 1) / workers[name][1] for name, n in found.items() if n}
    latest = {name: workers[name][0] + (n + 1) / workers[name][1] for name, n in found.items() if n}

    assert max(earliest.values()) <= min(latest.values()) + 1e-6
