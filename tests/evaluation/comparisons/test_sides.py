from datetime import UTC, datetime

import pytest
from compared_runs import candidate, cases_of, right_on, store_run

from evaluation.comparisons.metrics import signature_differences
from evaluation.comparisons.sides import find_members, find_side, key_of, make_sides
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.store.runs import tag_run
from evaluation.store.session import Store

CASES = cases_of(6)


def two_runs(store: Store) -> list[str]:
    for run_id in ("one", "two"):
        store_run(store, candidate("a:1b", right_on(CASES, range(3))), cases=CASES, run_id=run_id)
    return ["one", "two"]


def test_runs_are_told_apart_by_the_tags_that_not_all_of_them_have(store: Store) -> None:
    runs = two_runs(store)
    tag_run(store, "one", add=["nightly", "before"])
    tag_run(store, "two", add=["nightly", "after"])

    sides, notes = make_sides(find_members(store, runs), "tag")

    assert ["before", "after"] == [side.label for side in sides]
    assert () == notes


def test_runs_are_sides_of_their_own_by_run(store: Store) -> None:
    sides, _ = make_sides(find_members(store, two_runs(store)), "run")

    assert ["one", "two"] == [side.label for side in sides]


def test_a_week_is_the_one_of_the_calendar(store: Store) -> None:
    (member, _) = find_members(store, two_runs(store))

    year, week, _ = (member.run.started_at or datetime.now(UTC)).isocalendar()
    assert f"{year}-W{week:02d}" == key_of(member, "week")


@pytest.mark.parametrize("wanted", ["a:1b in run one", "one", "first"])
def test_a_side_is_found_by_its_label_its_run_or_as_the_first(store: Store, wanted: str) -> None:
    sides, _ = make_sides(find_members(store, two_runs(store)), None)

    assert "a:1b in run one" == find_side(sides, wanted).label


def test_a_name_of_two_sides_is_refused_with_both(store: Store) -> None:
    sides, _ = make_sides(find_members(store, two_runs(store)), None)

    with pytest.raises(ConfigurationError, match="matches several sides: 'a:1b in run one', 'a:1b in run two'"):
        find_side(sides, "a:1b")
    with pytest.raises(UnknownNameError, match="unknown side 'b:1b'"):
        find_side(sides, "b:1b")


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("Regex(pattern='a|v2')|v1", "Regex(pattern='b')|v1", "pattern='a|v2' against 'b'"),
        ("M(x=1)|v1", "M(x=1)|v2", "scorer version 1 against 2"),
        ("M(x=1)|v1", "M(x=1, y=2)|v2", "y=unset against 2; scorer version 1 against 2"),
        ("not readable", "something else", "signature not readable against something else"),
    ],
)
def test_signatures_are_told_apart_by_what_differs_in_them(a: str, b: str, said: str) -> None:
    assert said == signature_differences(a, b)
