from datetime import UTC, datetime, timedelta

from selection.decisions.reported_outcomes import NEWEST, UseOutcome
from selection.recommender.outcomes import LOOK_EVERY_S, MOST_READ, OutcomeLedger

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Reports:
    """What a store holds, and from when on it was asked for."""

    def __init__(self) -> None:
        self.held: list[UseOutcome] = []
        self.since: list[datetime | None] = []

    def add(self, number: int, *, seconds: float, ok: bool = True) -> None:
        self.held.append(
            UseOutcome(
                recommendation_id=f"r{number}",
                task="qa",
                candidate_key="k",
                prompt_hash=None,
                quality=None,
                ok=ok,
                reported_at=MOMENT + timedelta(seconds=seconds),
            )
        )

    def __call__(self, since: datetime | None, limit: int) -> tuple[UseOutcome, ...]:
        assert MOST_READ == limit
        self.since.append(since)
        return tuple(one for one in self.held if since is None or one.reported_at >= since)


def test_one_that_this_process_reported_is_read_at_once_and_alone() -> None:
    reports, clock = Reports(), Clock()
    ledger = OutcomeLedger(reports, clock)
    reports.add(1, seconds=0)
    ledger.refresh()
    reports.add(2, seconds=10)
    ledger.refresh()
    assert ["r1"] == [one.recommendation_id for one in ledger.of("qa", "k")]
    ledger.expect_more()
    ledger.refresh()
    assert ["r1", "r2"] == [one.recommendation_id for one in ledger.of("qa", "k")]
    assert [None, MOMENT] == reports.since


def test_what_others_reported_is_read_every_other_second_even_by_clocks_that_are_behind() -> None:
    reports, clock = Reports(), Clock()
    ledger = OutcomeLedger(reports, clock)
    reports.add(1, seconds=0)
    ledger.refresh()
    reports.add(2, seconds=-20)
    clock.now += LOOK_EVERY_S
    ledger.refresh()
    assert {"r1", "r2"} == {one.recommendation_id for one in ledger.of("qa", "k")}


def test_one_that_is_reported_anew_is_replaced_and_of_too_many_the_oldest_are_forgotten() -> None:
    reports, clock = Reports(), Clock()
    ledger = OutcomeLedger(reports, clock)
    for number in range(NEWEST + 5):
        reports.add(number, seconds=number)
    reports.add(6, seconds=1_000, ok=False)
    ledger.refresh()
    found = ledger.of("qa", "k")
    assert (NEWEST, "r6", False) == (len(found), found[-1].recommendation_id, found[-1].ok)
    assert () == ledger.of("law", "k")
