"""Old runs stay where something needs them, and alerts go when they are over."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from stored_runs import Asked, asked, numbers, right, store_run

from evaluation.case import Case
from evaluation.records.alerts import Finding, MonitorLook
from evaluation.records.status import Status
from evaluation.requests.review_request import ReviewRequest
from evaluation.reviews.creation import open_review
from evaluation.store.alerts import acknowledge_alert, list_alerts, record_look
from evaluation.store.pruning import find_prunable, prune
from evaluation.store.retention import WHY, RetentionReason
from evaluation.store.runs import archive_run, tag_run
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs
from evaluation.store.tables import alert, run, run_candidate

OLD = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE = datetime(2026, 3, 1, tzinfo=UTC)
NEW = datetime(2026, 5, 1, tzinfo=UTC)
CASES = numbers(3)
ALL = tuple(kept for kept in RetentionReason if kept is not RetentionReason.HELD)


def ended(
    store: Store,
    run_id: str,
    at: datetime,
    *,
    models: Sequence[str] = ("a:1b",),
    cases: Sequence[Case] = CASES,
    limit: int | None = None,
    status: Status = Status.COMPLETED,
    scored: bool = True,
) -> str:
    """Stores a scored run that was made and ended at a moment."""
    candidates: list[Asked] = [asked(model, right(cases[:limit])) for model in models]
    store_run(store, *candidates, cases=cases, run_id=run_id, limit=limit, status=status, scored=scored)
    finished_at = None if status is Status.RUNNING else at
    with store.write() as connection:
        connection.execute(sa.update(run).where(run.c.id == run_id).values(created_at=at, finished_at=finished_at))
    return run_id


def looked_at(store: Store, run_id: str, *, is_below: bool = False) -> None:
    """The monitor has looked at all candidates of a run."""
    with store.read() as connection:
        ids = connection.execute(sa.select(run_candidate.c.id).where(run_candidate.c.run_id == run_id)).scalars().all()
    looks = [MonitorLook(run_candidate_id=one, quality={"is_below": True} if is_below else None) for one in ids]
    record_look(store, (), judged=(), looks=looks)


def kept(store: Store, reason: RetentionReason) -> set[str]:
    """Old runs that this reason alone keeps."""
    others = [one for one in ALL if one is not reason]
    found = find_prunable(store, BEFORE, also=others)
    old = {one.run_id for one in list_runs(store, limit=None, include_archived=True)}
    with store.read() as connection:
        new = set(connection.execute(sa.select(run.c.id).where(~(run.c.finished_at < BEFORE))).scalars())
        running = set(connection.execute(sa.select(run.c.id).where(run.c.finished_at.is_(None))).scalars())
    staying = old - new - running - set(found.run_ids)
    assert len(staying) == found.n_staying == found.n_kept.get(reason, 0)
    return staying


def test_runs_that_are_tagged_baseline_stay(store: Store) -> None:
    for name in ("plain", "base", "archived"):
        ended(store, name, OLD, scored=False)
        tag_run(store, name, add=["baseline"] if name != "plain" else [])
    archive_run(store, "archived")

    assert {"base"} == kept(store, RetentionReason.BASELINES)
    assert {"plain", "archived"} == set(prune(store, find_prunable(store, BEFORE)).run_ids)


def test_the_first_runs_stay_against_which_a_monitor_holds_newer_ones(store: Store) -> None:
    for number in range(8):
        ended(store, f"old-{number}", OLD + timedelta(days=number), scored=False)
    ended(store, "new", NEW, scored=False)
    assert set() == kept(store, RetentionReason.BASELINES)

    looked_at(store, "new")
    looked_at(store, "old-1", is_below=True)
    assert {f"old-{number}" for number in (0, 2, 3, 4, 5)} == kept(store, RetentionReason.BASELINES)

    tag_run(store, "old-7", add=["baseline"])
    assert {"old-7"} == kept(store, RetentionReason.BASELINES)


def test_first_runs_of_a_candidate_that_nobody_evaluates_any_more_are_no_baseline(store: Store) -> None:
    ended(store, "old", OLD, scored=False)
    ended(store, "older", OLD - timedelta(days=1), scored=False)
    looked_at(store, "old")
    ended(store, "new-of-another", NEW, models=["b:1b"], scored=False)
    looked_at(store, "new-of-another")

    assert set() == kept(store, RetentionReason.BASELINES)


def test_the_newest_evidence_of_each_candidate_on_a_benchmark_stays(store: Store) -> None:
    ended(store, "both", OLD, models=["a:1b", "b:1b"])
    ended(store, "first-of-a", OLD - timedelta(days=2))
    ended(store, "unscored", OLD + timedelta(days=2), scored=False)
    assert {"both"} == kept(store, RetentionReason.EVIDENCE)

    ended(store, "new-of-a", NEW)
    assert {"both"} == kept(store, RetentionReason.EVIDENCE)
    ended(store, "new-of-b", NEW, models=["b:1b"])
    assert set() == kept(store, RetentionReason.EVIDENCE)


def test_evidence_on_fewer_cases_that_is_not_complete_or_is_archived_replaces_none(store: Store) -> None:
    ended(store, "old", OLD)
    ended(store, "few", NEW, limit=1)
    ended(store, "running", NEW, status=Status.RUNNING)
    ended(store, "archived", NEW)
    archive_run(store, "archived")
    assert {"old"} == kept(store, RetentionReason.EVIDENCE)

    archive_run(store, "old")
    assert set() == kept(store, RetentionReason.EVIDENCE)


def test_runs_stay_whose_answers_people_look_at(store: Store) -> None:
    ended(store, "shown", OLD, models=["a:1b", "b:1b"])
    ended(store, "other", OLD, models=["a:1b", "b:1b"])
    open_review(store, ReviewRequest(runs=["shown"], n_cases=1))

    assert {"shown"} == kept(store, RetentionReason.REVIEWS)


def test_a_run_that_stays_for_two_reasons_is_counted_once(store: Store) -> None:
    ended(store, "one", OLD)
    tag_run(store, "one", add=["baseline"], favourite=True)

    old = find_prunable(store, BEFORE)
    assert ({RetentionReason.FAVOURITES: 1, RetentionReason.BASELINES: 1, RetentionReason.EVIDENCE: 1}, 1) == (
        old.n_kept,
        old.n_staying,
    )
    assert set(RetentionReason) == set(WHY)


def finding(rule: str, *, run_id: str | None = None, occurrence: str = "") -> Finding:
    return Finding(
        rule=rule,
        about="m:1b on numbers",
        severity="warning",
        source="evaluation",
        task="reasoning",
        candidate="m:1b",
        run_id=run_id,
        sentence="it is slow",
        evidence={},
        occurrence=occurrence,
    )


def raised(store: Store, one: Finding, at: datetime) -> str:
    (found,) = record_look(store, [one], judged=(), moment=at).raised
    return found.alert_id


def set_times(store: Store, alert_id: str, **times: datetime) -> None:
    with store.write() as connection:
        connection.execute(sa.update(alert).where(alert.c.id == alert_id).values(times))


def left(store: Store) -> set[str]:
    return {one.rule for one in list_alerts(store, with_resolved=True)}


def test_alerts_go_that_were_over_or_known_and_long_not_seen(store: Store) -> None:
    names = ("over", "over-since", "open", "known", "known-and-lasting", "known-since")
    ids = {name: raised(store, finding(name), OLD) for name in names}
    set_times(store, ids["over"], resolved_at=OLD)
    set_times(store, ids["over-since"], resolved_at=NEW)
    set_times(store, ids["known"], acknowledged_at=OLD)
    set_times(store, ids["known-and-lasting"], acknowledged_at=OLD, seen_at=BEFORE - timedelta(days=6))
    set_times(store, ids["known-since"], acknowledged_at=NEW)

    old = find_prunable(store, BEFORE)
    assert (2, False) == (old.n_alerts, old.is_nothing)
    assert 2 == prune(store, old).n_alerts
    assert set(names) - {"over", "known"} == left(store)
    assert find_prunable(store, BEFORE).is_nothing


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_change_that_was_accepted_is_not_told_again_while_its_run_is_there(store: Store, is_stored: bool) -> None:
    if is_stored:
        ended(store, "changed", NEW)
    change = finding("model", run_id="changed", occurrence="changed weights-2")
    alert_id = raised(store, change, OLD)
    acknowledge_alert(store, alert_id, ends=True)
    set_times(store, alert_id, acknowledged_at=OLD, resolved_at=OLD)

    prune(store, find_prunable(store, BEFORE))

    assert ({"model"} if is_stored else set()) == left(store)
    assert is_stored is not bool(record_look(store, [change], judged=(), moment=NEW).raised)
