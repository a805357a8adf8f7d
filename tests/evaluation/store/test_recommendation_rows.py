"""What is written to SQLite without SQLAlchemy is, to the letter, what SQLAlchemy would write."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from stored_rows import save_recommendations

from evaluation.errors import StoreError
from evaluation.records.selection import RecommendationRecord, ReportedOutcome
from evaluation.store.recommendation_rows import newest_outcomes_in_file, save_in_file, sqlite_row
from evaluation.store.recommendations import list_recommendations, newest_outcomes, prepared
from evaluation.store.session import Store, open_store
from evaluation.store.sqlite_stamp import SqliteStamp

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)
ODD = "a\x00b\ud800\x1a\u2028é"


def record(name: str = "r", **given: Any) -> RecommendationRecord:
    said: dict[str, Any] = {
        "recommendation_id": name,
        "task": ODD,
        "prompt_hash": None,
        "prompt": None,
        "constraints": {"max_latency_s": 2.0, "endpoints": [ODD]},
        "weights": {"quality": 1},
        "on_tie": "cheapest",
        "candidate_key": ODD,
        "candidate_label": "a:1b",
        "expected": {"quality": {"value": 0.1, "low": None}},
        "alternatives": ({"candidate": ODD},),
        "tied": (),
        "details": {"notes": [ODD], "removed": []},
        "propensity": None,
        "n_cases": 40,
        "decided_by": "scoreboard",
        "reason": ODD,
        "evidence_fingerprint": "f",
        "code_version": "",
        "created_at": MOMENT,
    }
    return RecommendationRecord(**(said | given))


RECORDS = [
    record(),
    record("zone", created_at=datetime(2026, 5, 4, 1, 2, 3, 456, tzinfo=timezone(timedelta(hours=-7)))),
    record("little", task=None, candidate_key=None, candidate_label=None, propensity=0.25, tied=("a", ODD)),
]


@pytest.mark.parametrize("one", RECORDS, ids=[one.recommendation_id for one in RECORDS])
def test_a_row_is_bound_as_sqlalchemy_binds_it(sqlite_url: str, one: RecommendationRecord) -> None:
    with open_store(sqlite_url) as store:
        assert prepared(store, one) == sqlite_row(one)


def test_what_cannot_be_stored_is_refused_alike(sqlite_url: str) -> None:
    for wrong, error in (
        (record(expected={"quality": float("nan")}), StoreError),
        (record(created_at=datetime(2026, 5, 4)), ValueError),  # noqa: DTZ001
    ):
        with open_store(sqlite_url) as store, pytest.raises(error):
            prepared(store, wrong)
        with pytest.raises(error):
            sqlite_row(wrong)


def test_rows_come_back_and_are_stored_once(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        stamp = SqliteStamp(store.path)
        before = stamp.value()
        save_in_file(stamp, [sqlite_row(one) for one in RECORDS])
        save_in_file(stamp, [sqlite_row(record(reason="another")), sqlite_row(record("new"))])
        save_in_file(stamp, [])
        assert before == stamp.value()
        assert {one.recommendation_id: one.reason for one in list_recommendations(store)} == {
            "r": ODD,
            "zone": ODD,
            "little": ODD,
            "new": ODD,
        }
        stamp.close()


def test_outcomes_are_read_as_sqlalchemy_reads_them(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        records = [record(str(number), task=ODD if number % 2 else None, prompt_hash="h") for number in range(9)]
        outcomes = [
            ReportedOutcome(
                recommendation_id=str(number),
                quality=number / 10 if number % 3 else None,
                ok=(None, True, False)[number % 3],
                reported_at=MOMENT + timedelta(minutes=number // 2),
            )
            for number in range(7)
        ]
        save_recommendations(store, [*records, record("nobody", candidate_key=None)], outcomes)
        stamp = SqliteStamp(store.path)
        for since in (None, MOMENT, MOMENT + timedelta(minutes=1), MOMENT + timedelta(days=1)):
            for limit in (3, 100):
                expected = [dict(row) for row in newest_outcomes(store, since=since, limit=limit)]
                assert expected == list(newest_outcomes_in_file(stamp, since=since, limit=limit))
        assert len(newest_outcomes_in_file(stamp, since=None, limit=100)) == 7
        stamp.close()


def test_the_store_is_named_in_what_went_wrong(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        stamp = SqliteStamp(store.path)
        with pytest.raises(StoreError, match=r"sqlite:///.*benchwright db info"), stamp.write_plainly() as connection:
            connection.execute("INSERT INTO nowhere VALUES (1)")
        assert isinstance(stamp.value(), tuple)
        stamp.close()
        assert isinstance(store, Store)
