"""Calls in production are stored once, and read by task, candidate and time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.generation import MOST_TOKENS
from evaluation.records.question_context import QuestionContext, SaidTurn
from evaluation.records.traffic_calls import TrafficCall, TrafficStage
from evaluation.store.session import Store, info
from evaluation.store.traffic import (
    Forgettable,
    count_forgettable,
    count_traffic,
    find_import_id,
    find_traffic_import,
    forget_traffic,
    list_traffic,
    save_traffic,
    save_traffic_import,
)
from evaluation.store.traffic_grades import load_gradable, production_calls

MOMENT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


def call(number: int, **given: Any) -> TrafficCall:
    said: dict[str, Any] = {"call_id": f"id-{number}", "task": "t", "candidate": "c", "duration_s": float(number)}
    return TrafficCall(**(said | {"started_at": MOMENT + timedelta(hours=number)} | given))


def test_a_call_comes_back_as_it_was_with_its_steps(store: Store) -> None:
    stages = (TrafficStage(name="retrieval", duration_s=0.25, tokens=9), TrafficStage(name="answer", duration_s=1.0))
    said = call(
        1, ok=False, error_type="TimeoutError", prompt_tokens=MOST_TOKENS, stages=stages, input="\x00", output="é"
    )
    assert 1 == save_traffic(store, [said])
    assert (said,) == list_traffic(store)


def test_the_largest_counts_of_tokens_are_summed(store: Store) -> None:
    save_traffic(store, [call(number, prompt_tokens=MOST_TOKENS, output_tokens=MOST_TOKENS) for number in range(9)])
    (counts,) = count_traffic(store)
    assert (9 * MOST_TOKENS, 9 * MOST_TOKENS) == (counts.prompt_tokens, counts.output_tokens)


def test_what_stood_around_the_question_comes_back_as_it_was(store: Store) -> None:
    context = QuestionContext(
        before=(SaidTurn(role="user", text="\x00 é \ud800"),),
        n_before_left_out=2,
        after=(SaidTurn(role="tool", text="12"),),
        documents=("d",),
        n_documents_left_out=1,
        choices=("yes", "no"),
    )
    save_traffic(store, [call(1, input="q", output="a", context=context), call(2, input="q", output="a")])
    assert [context, None] == [each.context for each in list_traffic(store)]
    rows = [place.row_id for place in production_calls(store, since=MOMENT, until=MOMENT + timedelta(days=1))[0]]
    assert [context, None] == [each.context for each in load_gradable(store, rows)]


def test_what_is_stored_twice_is_one_call(store: Store, store_url: str) -> None:
    stages = (TrafficStage(name="answer", duration_s=1.0),)
    assert 2 == save_traffic(store, [call(1, stages=stages), call(2), call(1, task="later")])
    assert 1 == save_traffic(store, [call(1, task="later", stages=stages), call(3)])
    assert 0 == save_traffic(store, [])
    assert ["t", "t", "t"] == [one.task for one in list_traffic(store)]
    assert (3, 1) == tuple(info(store_url).n_rows[name] for name in ("traffic", "traffic_stage"))


def test_calls_are_chosen_by_task_candidate_time_and_end(store: Store) -> None:
    save_traffic(store, [call(0), call(1, task="u"), call(2, candidate="d"), call(3, ok=False), call(4)])

    def found(**wanted: Any) -> list[str]:
        return [one.call_id for one in list_traffic(store, **wanted)]

    assert ["id-0", "id-2", "id-3", "id-4"] == found(task="t")
    assert ["id-2"] == found(candidate="d")
    assert ["id-1", "id-2"] == found(since=MOMENT + timedelta(hours=1), until=MOMENT + timedelta(hours=3))
    assert ["id-3"] == found(ok=False)
    assert ["id-2", "id-4"] == found(ok=True, limit=2)


def test_counts_are_of_each_task_and_candidate_and_unknown_tokens_are_none(store: Store) -> None:
    save_traffic(
        store,
        [
            call(1, prompt_tokens=10, output_tokens=1),
            call(2, prompt_tokens=5),
            call(9, ok=False),
            call(4, task="s", ok=False),
        ],
    )
    other, one = count_traffic(store)
    assert ("s", "c", 1, 1, 4.0, None, None) == (
        other.task,
        other.candidate,
        other.n_calls,
        other.n_failed,
        other.mean_duration_s,
        other.prompt_tokens,
        other.output_tokens,
    )
    assert ("t", 3, 1, 1.5, 15, 1) == (
        one.task,
        one.n_calls,
        one.n_failed,
        one.mean_duration_s,
        one.prompt_tokens,
        one.output_tokens,
    )
    assert (MOMENT + timedelta(hours=1), MOMENT + timedelta(hours=9)) == (one.first_at, one.last_at)
    assert [2] == [one.n_calls for one in count_traffic(store, task="t", until=MOMENT + timedelta(hours=9))]


def test_more_calls_than_a_page_are_stored_and_read(store: Store) -> None:
    stages = (TrafficStage(name="answer", duration_s=1.0),)
    assert 1203 == save_traffic(store, [call(number, stages=stages) for number in range(1203)])
    assert 1203 == sum(len(one.stages) for one in list_traffic(store))


def test_a_file_is_stored_once_and_wholly_or_not_at_all(store: Store) -> None:
    def breaking() -> Iterator[TrafficCall]:
        for number in range(600):
            yield call(number)
        raise ValueError("line 601")

    with pytest.raises(ValueError, match="line 601"):
        save_traffic_import(store, sha256="ab", source="a.jsonl", calls=breaking())
    assert ((), None) == (list_traffic(store), find_traffic_import(store, "ab"))

    save_traffic(store, [call(0)])
    first, is_new = save_traffic_import(store, sha256="ab", source="a.jsonl", calls=[call(0), call(1)])
    again, is_new_again = save_traffic_import(store, sha256="ab", source="b.jsonl", calls=[call(2)])
    assert (True, False, first, 1) == (is_new, is_new_again, again, first.n_calls)
    assert 2 == len(list_traffic(store))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task", " "),
        ("candidate", "x" * 201),
        ("duration_s", -1),
        ("duration_s", float("nan")),
        ("duration_s", 10**400),
        ("duration_s", True),
        ("started_at", datetime(2026, 5, 4)),  # noqa: DTZ001
        ("prompt_tokens", 2**31),
        ("output_tokens", 1.5),
        ("ok", 1),
        ("error_type", ""),
        ("input", 5),
        ("stages", (TrafficStage(name="", duration_s=1.0),)),
        ("stages", (TrafficStage(name="s", duration_s=1.0),) * 1001),
    ],
)
def test_what_cannot_be_stored_is_no_call(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{field}.*: expected"):
        call(1, **{field: value})


def test_calls_are_forgotten_by_all_that_is_given_with_their_steps(store: Store, store_url: str) -> None:
    stages = (TrafficStage(name="answer", duration_s=1.0),)
    save_traffic(store, [call(1, stages=stages), call(2, candidate="d", stages=stages), call(3, task="u")])
    which = Forgettable(task="t", candidate="c")

    assert (1, 1, 0) == (count_forgettable(store, which), forget_traffic(store, which), forget_traffic(store, which))
    assert ["id-2", "id-3"] == [one.call_id for one in list_traffic(store)]
    assert (2, 1) == tuple(info(store_url).n_rows[name] for name in ("traffic", "traffic_stage"))
    with pytest.raises(ConfigurationError, match="which calls"):
        Forgettable()


def test_an_import_is_forgotten_by_its_id_or_file_and_can_be_made_again(store: Store) -> None:
    save_traffic(store, [call(1)])
    for sha256, source, number in (("ab" * 32, "calls.jsonl", 2), ("cd" * 32, "more.jsonl", 3)):
        save_traffic_import(store, calls=[call(number)], sha256=sha256, source=source)

    assert "ab" * 32 == find_import_id(store, "calls.jsonl") == find_import_id(store, "abab")
    assert 1 == forget_traffic(store, Forgettable(import_id="ab" * 32))
    assert ["id-1", "id-3"] == [one.call_id for one in list_traffic(store)]
    assert find_traffic_import(store, "ab" * 32) is None
    assert find_traffic_import(store, "cd" * 32) is not None
    with pytest.raises(UnknownNameError, match=r"more\.jsonl \(cdcdcdcdcdcd\)"):
        find_import_id(store, "calls.jsonl")
    save_traffic_import(store, calls=[call(4)], sha256="ef" * 32, source="more.jsonl")
    with pytest.raises(ConfigurationError, match="2 imports are called"):
        find_import_id(store, "more.jsonl")
