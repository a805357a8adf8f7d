"""What was recommended is stored once, and what came of it is added to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from recommendation_records import recommendation_record
from stored_rows import save_recommendations, stamp_of

from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.records.selection import RecommendationRecord, ReportedOutcome
from evaluation.store.recommendations import (
    count_outcomes_since,
    find_recommendation,
    list_recommendations,
    report_outcome,
)
from evaluation.store.session import Store

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)


def record(number: int, **given: Any) -> RecommendationRecord:
    fields = {"recommendation_id": f"rec-{number}", "created_at": MOMENT + timedelta(minutes=number)}
    return recommendation_record(**fields | given)


def test_recommendations_come_back_as_they_were_stored_the_oldest_first(store: Store) -> None:
    records = [record(2), record(1, candidate_key=None, candidate_label=None, task=None, prompt=None, propensity=None)]
    assert () == save_recommendations(store, records)
    assert tuple(reversed(records)) == list_recommendations(store)
    assert records[0] == find_recommendation(store, "last") == find_recommendation(store, "rec-2")


def test_storing_twice_changes_nothing(store: Store) -> None:
    save_recommendations(store, [record(1)])
    report_outcome(store, "rec-1", ok=True)
    save_recommendations(store, [record(1, reason="Another."), record(2)])
    first, second = list_recommendations(store)
    assert ("It is best.", True, None) == (first.reason, first.ok, second.ok)


def test_an_outcome_is_added_and_what_is_not_said_stays(store: Store) -> None:
    save_recommendations(store, [record(1)])
    report_outcome(store, "rec-1", quality=0.25, reported_at=MOMENT)
    report_outcome(store, "rec-1", latency_s=1.5, ok=False, reported_at=MOMENT + timedelta(hours=1))
    (found,) = list_recommendations(store)
    assert (0.25, 1.5, False, MOMENT + timedelta(hours=1)) == (
        found.quality,
        found.latency_s,
        found.ok,
        found.reported_at,
    )


def test_an_outcome_of_nothing_and_no_outcome_are_refused(store: Store) -> None:
    save_recommendations(store, [record(1)])
    with pytest.raises(UnknownNameError, match="did you mean 'rec-1'"):
        report_outcome(store, "rec-11", ok=True)
    with pytest.raises(ConfigurationError, match="no outcome"):
        report_outcome(store, "rec-1")
    with pytest.raises(ConfigurationError, match="quality is nan"):
        report_outcome(store, "rec-1", quality=float("nan"))


@pytest.mark.parametrize("given", [{"quality": 7.0}, {"quality": -0.1}, {"latency_s": -1.0}, {"ok": "yes"}])
def test_an_outcome_that_cannot_be_is_refused_with_what_can(store: Store, given: dict[str, Any]) -> None:
    save_recommendations(store, [record(1)])
    with pytest.raises(ConfigurationError, match=next(iter(given))):
        report_outcome(store, "rec-1", **given)


def test_a_unique_beginning_of_an_id_is_enough_for_an_outcome(store: Store) -> None:
    save_recommendations(store, [record(1), record(12), record(3, recommendation_id="other")])
    report_outcome(store, "oth", ok=True)
    report_outcome(store, "rec-1", ok=False)
    assert [None, True, False] == [find_recommendation(store, name).ok for name in ("rec-12", "other", "rec-1")]
    with pytest.raises(ConfigurationError, match=r"several recommendations begin with 'rec': rec-1"):
        report_outcome(store, "rec", ok=True)
    with pytest.raises(UnknownNameError):
        report_outcome(store, "", ok=True)


def test_recommendations_and_outcomes_are_stored_together(store: Store) -> None:
    outcomes = [
        ReportedOutcome(recommendation_id=name, ok=True, reported_at=MOMENT) for name in ("rec-1", "rec-7", "rec-2")
    ]
    assert ("rec-7",) == save_recommendations(store, [record(1), record(2)], outcomes)
    assert [True, True] == [one.ok for one in list_recommendations(store)]


def test_all_of_a_batch_is_stored_or_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match="JSON"):
        save_recommendations(store, [record(1), record(2, expected={"quality": float("nan")})])
    assert () == list_recommendations(store)


def test_they_may_be_written_through_a_stamp(store: Store) -> None:
    stamp = stamp_of(store)
    before = stamp.value()
    save_recommendations(store, [record(1)], writer=stamp)
    report_outcome(stamp, "rec-1", ok=True)
    assert before == stamp.value()
    stamp.close()
    assert [True] == [one.ok for one in list_recommendations(store)]


def test_what_is_read_can_be_narrowed(store: Store) -> None:
    save_recommendations(
        store,
        [record(1), record(2, task="chat"), record(3, candidate_key="other"), record(4, decided_by="ridge 7")],
    )
    report_outcome(store, "rec-2", ok=True, reported_at=MOMENT)

    def ids(**given: Any) -> str:
        return "".join(one.recommendation_id[-1] for one in list_recommendations(store, **given))

    assert "1234" == ids()
    assert "2" == ids(task="chat") == ids(reported=True)
    assert "134" == ids(reported=False)
    assert "3" == ids(candidate_key="other")
    assert "4" == ids(decided_by="ridge 7")
    assert "34" == ids(since=MOMENT + timedelta(minutes=3)) == ids(limit=2)
    assert "12" == ids(until=MOMENT + timedelta(minutes=3))
    assert (None, "Sort \x00 it.") == (list_recommendations(store, with_prompts=False)[0].prompt, record(1).prompt)


def test_outcomes_are_counted_since_a_moment(store: Store) -> None:
    save_recommendations(store, [record(1), record(2), record(3)])
    report_outcome(store, "rec-1", ok=True, reported_at=MOMENT)
    report_outcome(store, "rec-2", ok=True, reported_at=MOMENT + timedelta(hours=1))
    assert (2, 1, 0) == (
        count_outcomes_since(store),
        count_outcomes_since(store, MOMENT),
        count_outcomes_since(store, MOMENT + timedelta(hours=1)),
    )


def test_several_that_begin_alike_are_not_guessed_among(store: Store) -> None:
    save_recommendations(store, [record(1), replace(record(2), recommendation_id="rec-22")])
    assert "rec-22" == find_recommendation(store, "rec-2").recommendation_id
    with pytest.raises(ConfigurationError, match="several recommendations begin with 'rec'"):
        find_recommendation(store, "rec")
    with pytest.raises(UnknownNameError):
        find_recommendation(store, "nothing")


def test_pages_go_on_behind_a_recommendation_that_is_gone(store: Store) -> None:
    at_once = [record(number, created_at=MOMENT) for number in range(3)]
    save_recommendations(store, [record(5), *at_once])

    def behind(moment: datetime, recommendation_id: str) -> list[str]:
        listed = list_recommendations(store, before=(moment, recommendation_id), limit=2)
        return [each.recommendation_id for each in listed]

    assert ["rec-1", "rec-2"] == behind(MOMENT + timedelta(minutes=5), "rec-5")
    assert ["rec-0", "rec-1"] == behind(MOMENT, "rec-2")
    assert ["rec-1", "rec-2"] == behind(MOMENT + timedelta(minutes=4), "removed")
    assert [] == behind(MOMENT, "rec-0")
