"""The sample of calls that a judge grades."""

from collections import Counter

import pytest

from evaluation.records.traffic_grades import CallPlace
from evaluation.traffic_grading.sampling import sample_of


def places(**sizes: int) -> list[CallPlace]:
    """So many calls of each candidate."""
    names = [name for name, size in sizes.items() for _ in range(size)]
    return [
        CallPlace(row_id=number, call_id=f"call {number}", task="chat", candidate=name, policy=None)
        for number, name in enumerate(names)
    ]


def by_candidate(sample: list[CallPlace]) -> dict[str, int]:
    return dict(Counter(call.candidate for call in sample))


@pytest.mark.parametrize(
    ("sizes", "n", "shares"),
    [
        ({"a": 1000, "b": 4}, 50, {"a": 46, "b": 4}),
        ({"a": 1000, "b": 1000}, 51, {"a": 26, "b": 25}),
        ({"a": 3, "b": 2}, 50, {"a": 3, "b": 2}),
        ({"a": 10, "b": 10, "c": 1}, 2, {"b": 1, "a": 1}),
    ],
)
def test_rare_candidates_are_seen_and_no_more_calls_than_asked_for(
    sizes: dict[str, int], n: int, shares: dict[str, int]
) -> None:
    sample = sample_of(places(**sizes), n, seed=0)

    assert min(n, sum(sizes.values())) == len(sample) == len({call.row_id for call in sample})
    assert sorted(shares.values()) == sorted(by_candidate(sample).values())


def test_a_call_is_in_the_sample_by_its_id_and_the_seed_alone() -> None:
    calls = places(a=200)

    sample = {call.call_id for call in sample_of(calls, 50, seed=0)}

    assert sample == {call.call_id for call in sample_of(calls[::-1], 50, seed=0)}
    assert sample != {call.call_id for call in sample_of(calls, 50, seed=1)}
    of_half = {call.call_id for call in sample_of(calls[:100], 50, seed=0)}
    assert sample & {call.call_id for call in calls[:100]} <= of_half
    assert [] == sample_of([], 50, seed=0)
