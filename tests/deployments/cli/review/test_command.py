"""`benchwright review`: a dialogue case by case, and what came of it."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reviewable import HOSTILE, NAMES, fill
from stored_runs import answer, asked, numbers, store_run

from evaluation.store.ratings import load_ratings
from evaluation.store.reviews import find_review
from evaluation.store.session import Store, open_store

Command = Callable[..., Any]


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with open_store(database) as opened:
        yield opened


@pytest.fixture
def typing(benchwright: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `benchwright review …` while somebody types these lines."""

    def run(*words: object, lines: str = "") -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        return benchwright("review", *words)

    return run


def test_a_person_grades_case_by_case_and_hears_who_was_who(typing: Command, store: Store) -> None:
    fill(store)
    said = typing("run-1", "--cases", 2, lines="ana\n5 4 5 3\n2222\nwell\n1,2,3,4\n5 5 5 5\n\n")

    assert 0 == said.code
    assert not [name for name in NAMES if name in said.err]
    assert [name in said.out for name in NAMES] == [True, True]
    first, second = load_ratings(store, find_review(store, "last").review_id)
    assert ("ana", "well", {"accuracy": 5, "completeness": 4, "relevance": 5, "speed": 3}) == (
        first.rater,
        first.said.notes,
        dict((first.said.grades or ())[0]),
    )
    assert [1, 2, 3, 4] == list((second.said.grades or ())[0].values())


def test_a_wrong_grade_is_asked_again_and_not_stored(typing: Command, store: Store) -> None:
    fill(store)
    lines = "\n".join(["9 4 4 4", "4 4 4", "x y z 1", "4 4 4 4", "4444", "", "q"])
    said = typing("run-1", "--cases", 3, "--rater", "ana", lines=lines)

    assert 0 == said.code
    for words in (
        "accuracy is 9, and a grade is a whole number from 1 to 5",
        "3 grades, and 4 are asked for: accuracy, completeness, relevance, speed",
        "accuracy is 'x'",
    ):
        assert words in said.err
    assert 1 == len(load_ratings(store, find_review(store, "last").review_id))


def test_who_leaves_keeps_what_is_rated_and_goes_on_later(typing: Command, store: Store) -> None:
    fill(store)
    left = typing("run-1", "--cases", 3, "--kind", "preference", "--rater", "ana", "--json", lines="A\n\nq\n")
    review_id = find_review(store, "last").review_id
    assert {
        "status": "open",
        "review_id": review_id,
        "n_rated": 1,
        "n_items": 3,
        "rater": "ana",
        "next": f"benchwright review resume {review_id}",
    } == left.json

    ended = typing("resume", review_id, "--rater", "Ana", "--json", lines="s\nC\nb\n\ntie\n\n")
    assert "invalid answer 'C'; expected A, B or tie" in ended.err
    assert ("completed", 3, ["ana"]) == (
        ended.json["status"],
        ended.json["n_rated"],
        [one["rater"] for one in ended.json["raters"]],
    )
    again = typing("resume", "--rater", "ana")
    assert (0, True) == (again.code, "ana has rated all 3 cases" in again.err)
    assert 3 == len(load_ratings(store, review_id))


@pytest.mark.parametrize("lines", ["", "\n\nana\n4444\n"])
def test_the_end_of_what_is_typed_is_no_error(typing: Command, store: Store, lines: str) -> None:
    fill(store)
    said = typing("run-1", lines=lines)

    assert (0, True) == (said.code, "0 of 10 cases are rated and stored" in said.err)


def test_ctrl_c_keeps_what_is_rated(typing: Command, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    typed = iter(["4444", "2222", ""])

    def type_(*_: object) -> str:
        for line in typed:
            return line
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", type_)
    said = typing("run-1", "--rater", "ana")

    assert (130, True) == (said.code, "1 of 10 cases are rated and stored" in said.err)
    assert 1 == len(load_ratings(store, find_review(store, "last").review_id))


def test_a_second_rater_sees_the_same_cases_and_both_are_held_against_each_other(typing: Command, store: Store) -> None:
    fill(store)
    typing("run-1", "--cases", 2, "--rater", "ana", lines="5555\n1111\n\n4444\n2222\n\n")
    said = typing("run-1", "--cases", 2, "--rater", "ben", lines="5555\n1111\n\n4444\n2222\n\n")

    assert 0 == said.code
    assert "rated by ana (2 cases) and ben (2 cases)" in said.out
    assert "Do raters agree?" in said.out


def test_reviews_are_listed_and_shown_without_names_until_they_are_rated(typing: Command, store: Store) -> None:
    assert "no reviews yet" in typing("list").err
    fill(store)
    typing("run-1", "--cases", 2, "--rater", "ana", lines="5555\n1111\n\nq\n")
    (listed,) = typing("list", "--json").json
    half, unblinded = typing("show"), typing("show", "--unblind")

    assert ("numbers", "grades", 2, 1, ["ana"]) == tuple(
        listed[name] for name in ("benchmark", "kind", "n_items", "n_rated", "raters")
    )
    assert listed["review_id"] in typing("list").out
    assert "1 of 2 cases are rated, by ana (1 case)" in half.out
    assert not [name for name in NAMES if name in half.out + str(typing("show", "--json").json)]
    assert all(name in unblinded.out for name in NAMES)


def test_no_name_is_told_while_somebody_who_was_asked_has_not_rated(typing: Command, store: Store) -> None:
    fill(store)
    lines = "5555\n1111\n\n4444\n2222\n\n"
    first = typing("run-1", "--cases", 2, "--rater", "ana", "--raters", 2, lines=lines)
    as_json = typing("resume", "--rater", "ana", "--json")
    shown, unblinded = typing("show"), typing("show", "--unblind")

    assert [0, 0] == [first.code, as_json.code]
    assert not [name for name in NAMES for said in (first, as_json, shown) if name in said.out + said.err]
    assert "The candidates are revealed when one more has rated." in first.out
    assert ("open", 1) == (as_json.json["status"], as_json.json["awaited"]["n_to_come"])
    assert all(name in unblinded.out for name in NAMES)

    last = typing("resume", "--rater", "ben", lines=lines)
    assert all(name in last.out and name in typing("show").out for name in NAMES)


def test_who_left_in_the_middle_is_not_told_by_another_ones_result(typing: Command, store: Store) -> None:
    fill(store)
    typing("run-1", "--cases", 2, "--rater", "ana", lines="5555\n1111\n\nq\n")
    said = typing("run-1", "--cases", 2, "--rater", "ben", lines="5555\n1111\n\n4444\n2222\n\n")

    assert "are revealed when ana has rated the 1 case left to them" in said.out
    assert not [name for name in NAMES if name in said.out]


@pytest.mark.parametrize("n", [0, 51])
def test_a_number_of_people_that_is_none_is_refused(typing: Command, store: Store, n: int) -> None:
    fill(store)
    said = typing("run-1", "--raters", n)

    assert (2, True) == (said.code, "n_raters" in said.err)


def test_a_review_is_deleted_with_its_ratings_after_a_yes(typing: Command, store: Store) -> None:
    fill(store)
    typing("run-1", "--cases", 2, "--rater", "ana", lines="5555\n1111\n\nq\n")
    unasked, deleted = typing("delete", "last"), typing("delete", "last", "--yes", "--json")

    assert (2, True) == (unasked.code, "--yes" in unasked.err)
    assert (0, 1) == (deleted.code, deleted.json["n_ratings"])
    assert (2, []) == (typing("show", deleted.json["review_id"]).code, typing("list", "--json").json)


def test_what_a_model_wrote_cannot_pass_for_lines_of_ours(typing: Command, store: Store) -> None:
    cases = numbers(2)
    wrote = {case.case_id: answer(f"\x1b[2Jx\n{HOSTILE}") for case in cases}
    store_run(store, asked("a:1b", wrote), asked("b:1b", wrote), cases=cases)
    said = typing("run-1", "--rater", "ana", lines="q\n")

    assert "\x1b" not in said.err
    assert "  │ <script>alert(1)</script>" in said.err
    assert all(line.startswith("  │ ") for line in said.err.split("\n") if "script" in line or "fence" in line)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nope"], "unknown run 'nope'"),
        (["show", "nope"], "unknown review 'nope'"),
        (["resume", "nope"], "unknown review 'nope'"),
        (["run-1", "--cases", 0], "n_cases must be at least 1"),
        (["run-1", "--kind", "stars"], "kind must be "),
        (["run-1", "--rater", "x" * 81], "rater"),
        (["--benchmark", "nope"], "there is no run of benchmark 'nope'"),
        (["run-1", "--db", "nowhere.db"], "there is no database"),
    ],
)
def test_a_mistake_is_one_message_and_exit_2(typing: Command, store: Store, words: list[object], error: str) -> None:
    fill(store)
    said = typing(*words)

    assert (2, True) == (said.code, error in said.err)
