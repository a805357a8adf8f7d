"""Grades of calls in production: by policy, beside what was reported of the same calls, and gone with them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from recommendation_records import recommendation_record

from evaluation.records.candidates import MetricUse
from evaluation.records.kept_texts import kept
from evaluation.records.policies import ServedCall
from evaluation.records.traffic_calls import TrafficCall
from evaluation.records.traffic_grades import TrafficGrade
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.recommendations import prepared, report_outcome, save_prepared
from evaluation.store.session import Store
from evaluation.store.tables import metric, policy, traffic_grade
from evaluation.store.totals import GradingTotals, store_totals
from evaluation.store.traffic import Forgettable, forget_traffic, save_traffic
from evaluation.store.traffic_grades import days_of_grades, graded_rows, production_calls, save_grades

BEGIN = datetime(2026, 5, 3, tzinfo=UTC)
DAY = {"since": BEGIN, "until": BEGIN + timedelta(days=1)}
JUDGE = MetricUse(name="judge_rubric", signature="judge_rubric(model='judge')")


def call(number: int, *, served: ServedCall | None = None, **given: Any) -> TrafficCall:
    fields = {"input": f"What is {number}?", "output": "1", "task": "chat", "candidate": "m:1b", **given}
    return TrafficCall(
        call_id=f"call {number}",
        started_at=BEGIN + timedelta(minutes=number),
        duration_s=1.0,
        served=served,
        **fields,
    )


def served(policy_id: str | None, recommendation_id: str | None = None, **more: Any) -> ServedCall:
    return ServedCall(
        endpoint="here", candidate_key="k", policy_id=policy_id, recommendation_id=recommendation_id, **more
    )


def named(store: Store, policy_id: str, name: str) -> None:
    """A policy of that name."""
    with store.write() as connection:
        connection.execute(
            sa.insert(policy).values(
                id=policy_id,
                name=name,
                question={},
                candidate_key="k",
                candidate_label="m:1b",
                budget={},
                when_spent="refuse",
                keeps_texts=True,
                watches_upgrades=False,
                margin=3.0,
                created_at=BEGIN,
                updated_at=BEGIN,
            )
        )


def give(store: Store, *values: float | None, judge: MetricUse = JUDGE) -> None:
    """Grades of the day's calls, in the order of the calls; None: the judge failed."""
    calls, _ = production_calls(store, **DAY)
    save_grades(
        store,
        [
            TrafficGrade(
                row_id=place.row_id,
                metric=judge,
                scorer_version="1",
                flow_run_id="flow",
                measurement=ScoreFailure(kind="timed_out", message="late")
                if value is None
                else Measurement(value=value),
            )
            for place, value in zip(calls, values, strict=True)
        ],
    )


def test_calls_and_grades_are_told_by_policy_with_what_was_reported(store: Store) -> None:
    named(store, "p1", "fast")
    named(store, "p2", "careful")
    save_prepared(store, [prepared(store, recommendation_record(name)) for name in ("r0", "r1", "r2")])
    report_outcome(store, "r0", quality=0.75, ok=False)
    report_outcome(store, "r1", ok=False)
    save_traffic(
        store,
        [
            call(0, served=served("p1", "r0")),
            call(1, served=served("p1", "r1")),
            call(2, served=served("p2", "r2")),
            call(3),
            call(4, served=served("p1", is_shadow=True)),
            call(5, ok=False, error_type="TimeoutError"),
            call(6, input=None, output=None),
        ],
    )

    places, n_without_texts = production_calls(store, **DAY)
    assert (["fast", "fast", "careful", None], 1) == ([place.policy for place in places], n_without_texts)
    assert ["call 2"] == [place.call_id for place in production_calls(store, **DAY, policies=["careful"])[0]]

    give(store, 1.0, 0.25, 0.5, None)
    days = days_of_grades(store, **DAY)

    assert [("careful", (0.5,), (None,)), ("fast", (1.0, 0.25), (0.75, 0.0))] == [
        (day.policy, day.values, day.outcomes) for day in days
    ]
    assert () == days_of_grades(store, **DAY, signature="another judge")
    rows = [place.row_id for place in places]
    assert frozenset(rows[:3]) == graded_rows(store, JUDGE.signature, rows), "a failed grading is asked again"


def test_a_grade_given_again_replaces_the_failure_and_another_judge_stands_beside_it(store: Store) -> None:
    save_traffic(store, [call(0)])
    give(store, None)
    give(store, 0.75)
    give(store, 0.25, judge=MetricUse(name="judge_rubric", signature="another"))

    assert {JUDGE.signature: (0.75,), "another": (0.25,)} == {
        day.metric.signature: day.values for day in days_of_grades(store, **DAY)
    }


def test_grades_go_with_their_calls_and_deleted_calls_get_none(store: Store) -> None:
    save_traffic(store, [call(0), call(1, candidate="m:2b")])
    give(store, 1.0, 1.0)
    (gone, _), _ = production_calls(store, **DAY)

    assert 1 == forget_traffic(store, Forgettable(candidate="m:1b"))
    late = TrafficGrade(
        row_id=gone.row_id, metric=JUDGE, scorer_version="1", flow_run_id="f", measurement=Measurement(value=1.0)
    )
    save_grades(store, [late])

    with store.read() as connection:
        assert 1 == connection.execute(sa.select(sa.func.count()).select_from(traffic_grade)).scalar_one()
        assert 1 == connection.execute(sa.select(sa.func.count()).select_from(metric)).scalar_one()


def test_totals_count_graded_calls_verdicts_failures_and_when_a_judge_was_asked_last(store: Store) -> None:
    assert GradingTotals() == store_totals(store).gradings
    before = datetime.now(UTC)
    save_traffic(store, [call(1), call(2), call(3, candidate="m:2b")])
    give(store, 1.0, 0.5, None)
    give(store, 1.0, None, None, judge=MetricUse(name="judge_rubric", signature="judge_rubric(model='other')"))

    gradings = store_totals(store).gradings
    labels = [label for (candidate, label), n in gradings.verdicts.items() for _ in range(n) if candidate == "m:1b"]
    assert (2, 3, 3) == (gradings.n_calls, len(labels), sum(gradings.verdicts.values()))
    assert 3 == sum(gradings.failures.values())
    assert gradings.last_at is not None
    assert timedelta(0) <= gradings.last_at - before < timedelta(hours=1)


def test_calls_whose_texts_were_cut_are_not_graded(store: Store) -> None:
    long = "x" * 200_000
    save_traffic(store, [call(0), call(1, input=kept(long)), call(2, output=kept(long))])

    places, n_others = production_calls(store, **DAY)

    assert (["call 0"], 2) == ([place.call_id for place in places], n_others)
