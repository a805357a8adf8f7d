from typing import Any

import pytest
from comparison_results import a_comparison, a_pair
from stored_rows import list_comparisons

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.candidates import MetricUse
from evaluation.store.annotations import annotate, annotations
from evaluation.store.comparisons import ComparisonPairRecord, find_comparison, pair_history, save_comparison
from evaluation.store.session import Store

EXACT = MetricUse(name="exact_match", signature="ExactMatch(ignore_case=True)|v1")


def pair(a: str, b: str, **changes: Any) -> ComparisonPairRecord:
    result = a_pair(
        **{"a": a, "b": b, "verdict": "A better", "difference": 0.25, "high": None, "notes": ("none",)} | changes
    )
    return ComparisonPairRecord(metric=EXACT, a_key=f"key of {a}", b_key=f"key of {b}", result=result)


def save(store: Store, comparison_id: str, *pairs: ComparisonPairRecord) -> bool:
    found = a_comparison(comparison_id=comparison_id, winner="a", pairs=tuple(pair.result for pair in pairs))
    return save_comparison(store, request={"runs": ["one", "two"]}, result=found, pairs=pairs)


def test_a_comparison_is_found_as_it_was_saved_by_the_beginning_of_its_id(store: Store) -> None:
    pairs = (pair("a", "b"), pair("a", "c", verdict="inconclusive"))

    assert save(store, "abcdef", *pairs)

    found = find_comparison(store, "abc")
    assert pairs == found.pairs
    assert ("abcdef", "v1", "numbers", ("one", "two")) == (
        found.comparison_id,
        found.benchmark_version,
        found.benchmark_name,
        found.run_ids,
    )
    assert ({"runs": ["one", "two"]}, "0.1.0") == (found.request, found.code_version)
    assert ("a", tuple(record.result for record in pairs)) == (found.result.winner, found.result.pairs)


def test_the_same_comparison_again_is_left_as_it_is(store: Store) -> None:
    assert save(store, "abcdef", pair("a", "b"))
    made = find_comparison(store, "last")

    assert not save(store, "abcdef", pair("a", "b"))

    assert made == find_comparison(store, "last")


def test_a_comparison_that_says_something_else_by_now_is_replaced_and_keeps_its_notes(store: Store) -> None:
    save(store, "abcdef", pair("a", "b"), pair("a", "c"))
    annotate(store, text="look again", author="me", comparison_id="abcdef")
    made = find_comparison(store, "abcdef")

    assert save(store, "abcdef", pair("a", "b", verdict="B better"))

    (found,) = list_comparisons(store)
    assert ["B better"] == [row.result.verdict for row in found.pairs]
    assert made.created_at < found.created_at
    assert ["look again"] == [note.text for note in annotations(store, comparison_ids=["abcdef"])]


def test_an_unknown_or_ambiguous_comparison_is_said_to_be(store: Store) -> None:
    save(store, "abc1", pair("a", "b"))
    save(store, "abc2", pair("a", "b"))

    with pytest.raises(ConfigurationError, match="several comparisons begin with 'abc'"):
        find_comparison(store, "abc")
    with pytest.raises(UnknownNameError, match="unknown comparison 'zzz'"):
        find_comparison(store, "zzz")


def test_the_history_of_a_pair_is_in_order_whichever_side_stood_first(store: Store) -> None:
    save(store, "first", pair("a", "b"), pair("a", "c"))
    save(store, "second", pair("b", "a", difference=-0.5))
    save(store, "third", pair("b", "c"))

    by_name = pair_history(store, ["a"], ["b"])
    by_key = pair_history(store, ["key of b"], ["key of a"])

    assert [("first", 0.25), ("second", -0.5)] == [(row.comparison_id, row.pair.result.difference) for row in by_name]
    assert by_name == by_key
