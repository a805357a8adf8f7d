"""A monitor's look at a store: what is wrong is found at once, told once, and over when it is gone."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from stored_runs import answer
from watched_runs import NOW, answers, many_cases, watched_run

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Outcome, Timing
from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.records.alerts import AlertChanges
from evaluation.requests.monitor_request import MonitorRequest, TokenBudget
from evaluation.store.alerts import list_alerts, record_look
from evaluation.store.gpu_samples import GpuSample, save_gpu_samples
from evaluation.store.prompt_states import judge_prompts
from evaluation.store.races import begin_race
from evaluation.store.runs import find_run, tag_run
from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate

CASES = many_cases(200)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def looked(store: Store, moment: datetime = NOW, **request: object) -> AlertChanges:
    """One look, stored."""
    seen = run_pass(store, MonitorRequest.model_validate(request), moment)
    return record_look(store, seen.findings, judged=seen.judged, looks=seen.looks, moment=moment)


def baseline(store: Store, n: int = 3, **given: object) -> None:
    """Runs as they should be, one a day, of which 20 answers are wrong."""
    for i in range(n):
        outcomes = answers(CASES, wrong=range(20))
        watched_run(store, CASES, outcomes, run_id=f"base-{i}", age=(n + 1 - i) * DAY, **given)


def rules(changes: AlertChanges) -> list[str]:
    return [one.rule for one in changes.raised]


def test_what_is_as_it_should_be_raises_nothing(store: Store) -> None:
    baseline(store)

    assert AlertChanges() == looked(store)


def test_a_slowdown_is_told_in_one_look_and_says_that_nothing_else_changed(store: Store) -> None:
    baseline(store)
    watched_run(store, CASES, answers(CASES, wrong=range(20), seconds=3.75), run_id="slow", age=HOUR)

    (alert,) = looked(store).raised

    assert ("duration", "slow", "m:1b", "numbers") == (alert.rule, alert.run_id, alert.candidate, alert.benchmark)
    assert pytest.approx(2.5) == alert.evidence["ratio"]
    assert (
        "m:1b on numbers takes 3.75 s at the median, 2.5 times its usual 1.5 s (limit: 2 times). "
        "No change in model, judge or server."
    ) == alert.sentence


def test_a_run_is_not_slow_against_runs_of_other_cases(store: Store) -> None:
    quick = answers(CASES[:40])
    for i in range(3):
        watched_run(store, CASES, quick, run_id=f"part-{i}", age=(4 - i) * DAY, limit=40)
    watched_run(store, CASES, answers(CASES, seconds=6.0), run_id="whole", age=HOUR)
    assert AlertChanges() == looked(store)

    watched_run(store, CASES, answers(CASES[:40], seconds=6.0), run_id="part-3", age=HOUR / 2, limit=40)
    assert ["duration"] == rules(looked(store))


def test_a_run_is_not_slow_against_races(store: Store) -> None:
    for i in range(3):
        watched_run(store, CASES, answers(CASES[: 20 + i]), run_id=f"race-{i}", age=(4 - i) * DAY)
        begin_race(store, f"of-race-{i}", request={}, code_version="1")
    watched_run(store, CASES, answers(CASES, seconds=6.0), run_id="whole", age=HOUR)
    assert "duration" not in rules(looked(store))


def test_twenty_right_answers_turned_wrong_are_told_in_one_look(store: Store) -> None:
    baseline(store, n=1)
    watched_run(store, CASES, answers(CASES, wrong=range(40)), run_id="worse", age=HOUR)

    (alert,) = looked(store).raised

    assert ("quality", "worse", "exact_match", "critical") == (alert.rule, alert.run_id, alert.metric, alert.severity)
    assert (200, 20, 0) == tuple(alert.evidence[name] for name in ("n_cases", "n_worse", "n_better"))
    assert pytest.approx(2**-20) == alert.evidence["p_value"]
    assert pytest.approx(0.01) == alert.evidence["level"]


def test_new_weights_and_a_new_server_are_told_once_and_named_with_the_fall_that_they_may_explain(
    store: Store,
) -> None:
    baseline(store)
    worse = answers(CASES, wrong=range(40))
    watched_run(store, CASES, worse, run_id="new", age=HOUR, digest="weights-2", server_version="0.34.0")

    first, second = looked(store), looked(store, NOW + HOUR)

    assert ["quality", "model", "server"] == rules(first)
    (quality, model, _) = first.raised
    assert ["model", "server"] == [change.what for change in quality.changes]
    assert quality.sentence.endswith(
        "Since then the model (its digest) changed (weights-1 → weights-2), the server's version changed "
        "(0.33.0 → 0.34.0); judge is the same."
    )
    assert "The weights of m:1b at here changed: weights-1 → weights-2." == model.sentence
    assert [] == rules(second)
    assert [2, 2, 2] == [one.n_seen for one in second.updated]


def test_two_servers_that_name_one_file_by_different_digests_changed_nothing(store: Store) -> None:
    for day in range(6, 0, -1):
        name, digest = ("box", "manifest-1") if day % 2 else ("embedded", "file-1")
        watched_run(store, CASES, run_id=f"day-{day}", age=day * DAY, digest=digest, endpoint=name)

    assert [] == [one for one in looked(store).raised if one.rule == "model"]


def test_a_change_at_one_server_is_told_whatever_another_server_says_later(store: Store) -> None:
    for n, (name, digest) in enumerate(
        [("box", "manifest-1"), ("embedded", "file-1"), ("box", "manifest-2"), ("embedded", "file-1")]
    ):
        watched_run(store, CASES, run_id=f"run-{n}", age=(4 - n) * HOUR, digest=digest, endpoint=name)

    (alert,) = [one for one in looked(store).raised if one.rule == "model"]

    assert "The weights of m:1b at box changed: manifest-1 → manifest-2." == alert.sentence


def test_quality_before_and_after_is_of_the_newest_headline_in_both_runs(store: Store) -> None:
    watched_run(store, CASES, run_id="before", age=DAY, metrics=("exact_match", "token_f1"))
    watched_run(store, CASES, run_id="without", age=2 * HOUR, metrics=("exact_match",))
    watched_run(
        store,
        CASES,
        answers(CASES, wrong=range(40)),
        run_id="new",
        age=HOUR,
        metrics=("token_f1",),
        headline="token_f1",
    )

    (series,) = run_pass(store, MonitorRequest(), NOW).series

    assert "token_f1" == series.headline
    before, without, new = (point.quality for point in series.points)
    assert (pytest.approx(1.0), None, pytest.approx(0.8)) == (before, without, new)


def test_a_fall_by_another_judge_is_not_blamed_on_the_model(store: Store) -> None:
    baseline(store)
    worse = answers(CASES, wrong=range(60))
    watched_run(store, CASES, worse, run_id="new", age=HOUR, metrics=("exact_match(ignore_case=False)",))

    seen = run_pass(store, MonitorRequest(), NOW)
    (alert,) = looked(store).raised

    assert ("judge", None) == (alert.rule, alert.candidate)
    assert "says nothing about the models" in alert.sentence
    (insight,) = [one for one in seen.insights if one.kind == "judge"]
    assert "exact_match was 0.9 and is 0.7 now, measured with a different judge, option or scorer" in insight.text
    assert "`benchwright score base-2 --metric …` rescores the earlier answers" in insight.text


def test_what_lasts_is_told_once_is_over_when_it_is_gone_and_is_told_again_when_it_comes_back(store: Store) -> None:
    baseline(store)
    slow, fast = answers(CASES, wrong=range(20), seconds=4), answers(CASES, wrong=range(20))
    told = []
    for i, outcomes in enumerate([slow, slow, fast, slow]):
        moment = NOW + i * DAY
        watched_run(store, CASES, outcomes, run_id=f"day-{i}", age=HOUR, now=moment)
        changes = looked(store, moment)
        told.append((len(changes.raised), len(changes.updated), len(changes.resolved)))

    assert [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)] == told
    assert ["open"] == [one.state for one in list_alerts(store)]
    assert ["open", "resolved"] == [one.state for one in list_alerts(store, with_resolved=True)]


def test_a_run_between_two_looks_is_told_of_although_the_newest_one_is_well(store: Store) -> None:
    baseline(store)
    looked(store)
    watched_run(store, CASES, answers(CASES, wrong=range(20), seconds=4), run_id="slow", age=2 * HOUR)
    watched_run(store, CASES, answers(CASES, wrong=range(20)), run_id="well", age=HOUR)

    assert ["slow"] == [one.run_id for one in looked(store).raised]
    assert ["slow"] == [one.run_id for one in looked(store, NOW + HOUR).resolved]


def test_a_run_that_ended_after_a_later_one_was_looked_at_is_told_of_too(store: Store) -> None:
    baseline(store)
    watched_run(store, CASES, answers(CASES, wrong=range(20)), run_id="short", age=2 * HOUR)
    looked(store)
    slow = answers(CASES, wrong=range(20), seconds=4)
    watched_run(store, CASES, slow, run_id="long", age=9 * HOUR, took=10 * HOUR)

    assert ["long"] == [one.run_id for one in looked(store, NOW + HOUR).raised]
    assert () == looked(store, NOW + 2 * HOUR).raised


def test_fewer_answers_than_nine_in_ten_are_told_with_the_kinds_of_failure(store: Store) -> None:
    outcomes = dict(answers(CASES)) | {
        case.case_id: Failure(kind=FailureKind.TIMED_OUT, message="no answer") for case in CASES[:30]
    }
    watched_run(store, CASES, outcomes, run_id="failing", age=HOUR)

    (alert,) = looked(store).raised

    assert ("success", 170, {"timed_out": 30}) == (alert.rule, alert.evidence["n_ok"], alert.evidence["failures"])
    assert "m:1b on numbers: 170 answers of 200 calls, 85 % (limit: 90 %); failures: timed_out (30)." == alert.sentence


@pytest.mark.parametrize("reason", ["server_down: nobody answers", "server_down: nobody answers."])
def test_an_alert_ends_with_one_full_stop_whatever_the_reason_ends_with(store: Store, reason: str) -> None:
    watched_run(store, CASES, dict(answers(CASES[:2])), run_id="given up", age=HOUR)
    with store.write() as connection:
        connection.execute(sa.update(run_candidate).values(given_up_reason=reason))

    (alert,) = [one for one in looked(store).raised if one.rule == "success"]

    assert alert.sentence.endswith("since it was given up: server_down: nobody answers.")


def test_calls_that_were_never_made_are_no_failures_and_a_candidate_that_was_given_up_is_told_of(store: Store) -> None:
    outcomes = dict(answers(CASES[:2])) | {CASES[2].case_id: Failure(kind=FailureKind.OUT_OF_MEMORY, message="full")}
    watched_run(store, CASES, outcomes, run_id="given up", age=HOUR)
    with store.write() as connection:
        connection.execute(sa.update(run_candidate).values(given_up_reason="out_of_memory: full"))

    (alert,) = [one for one in looked(store).raised if one.rule == "success"]

    assert (3, 2, 197, {"out_of_memory": 1}) == tuple(
        alert.evidence[name] for name in ("n", "n_ok", "n_not_asked", "failures")
    )
    assert (
        "m:1b on numbers: 2 answers of 3 calls, 67 % (limit: 90 %); 197 more not asked, since it was given up: "
        "out_of_memory: full."
    ) == alert.sentence


def test_tokens_over_the_budget_of_the_task_are_told(store: Store) -> None:
    outcomes = {case.case_id: answer("1", prompt_tokens=300, output_tokens=300) for case in CASES}
    watched_run(store, CASES, outcomes, run_id="long", age=HOUR)
    budgets = [TokenBudget(task="numbers", tokens_per_call=500), TokenBudget(tokens_per_call=10_000)]

    (alert,) = looked(store, token_budgets=[one.model_dump() for one in budgets]).raised

    assert ("tokens", 600, 500) == (alert.rule, alert.evidence["tokens_per_call"], alert.evidence["budget"])


def test_a_run_that_is_tagged_is_the_baseline_from_then_on(store: Store) -> None:
    baseline(store)
    worse = answers(CASES, wrong=range(40))
    watched_run(store, CASES, worse, run_id="accepted", age=2 * HOUR)
    looked(store)
    tag_run(store, "accepted", add=["baseline"])

    assert ["quality"] == [one.rule for one in looked(store, NOW + HOUR).resolved]
    watched_run(store, CASES, worse, run_id="next", age=timedelta(), now=NOW + 2 * HOUR)
    assert AlertChanges() == looked(store, NOW + 2 * HOUR)


def test_an_idle_gpu_is_told_of_the_time_in_which_it_was_asked(store: Store) -> None:
    watched_run(store, CASES, run_id="idle", age=HOUR)
    with store.write() as connection:
        begun = sa.update(generation).values(started_at=NOW, finished_at=NOW + timedelta(seconds=100))
        connection.execute(begun)
    samples = [
        GpuSample(
            endpoint="here",
            gpu_index=0,
            gpu_name="a card",
            sampled_at=NOW + timedelta(seconds=second),
            utilisation=0.3 if second <= 100 else 1.0,
        )
        for second in range(0, 200, 5)
    ]
    save_gpu_samples(store, "of-idle", samples)

    (alert,) = looked(store).raised

    assert ("gpu", 21) == (alert.rule, alert.evidence["n"])
    assert alert.sentence.startswith("The GPU of here worked 30 % of the time in which m:1b on numbers was asked")


def test_an_alert_of_what_is_not_measured_any_more_ends_after_a_week(store: Store) -> None:
    baseline(store)
    watched_run(store, CASES, answers(CASES, seconds=4), run_id="slow", age=HOUR)
    looked(store)
    with store.write() as connection:
        connection.execute(sa.update(run).values(archived_at=NOW))

    assert () == looked(store, NOW + DAY).resolved
    assert ["there has been nothing to judge it by for 7 days"] == [
        one.resolution for one in looked(store, NOW + 8 * DAY).resolved
    ]


def of_silent_server(seconds: float) -> dict[str, Outcome]:
    """Answers of a server that gives no figures of prompts."""
    timing = Timing(total_s=seconds)
    known = {"timing": timing, "prompt_tokens": None, "output_tokens": None}
    return {case.case_id: answer(case.references[0], **known) for case in CASES[:12]}


def send_after(store: Store, run_id: str, hours: float) -> None:
    """Gives a run's answers the time at which they were asked, and judges their prompts."""
    ids = [found.run_candidate_id for found in find_run(store, run_id).candidates]
    moment = NOW - DAY + hours * HOUR
    with store.write() as connection:
        wanted = sa.update(generation).where(generation.c.run_candidate_id.in_(ids))
        connection.execute(wanted.values(finished_at=moment, prompt_state=None))
    judge_prompts(store, run_id)


def test_a_server_that_does_not_say_what_it_keeps_is_not_called_slow_after_it_was_started_anew(store: Store) -> None:
    """Every hour: the first run's prompts are read, those of five are found, those of the last are read again."""
    for number, seconds in enumerate([3.0, 0.5, 0.5, 0.5, 0.5, 0.5, 3.0]):
        run_id = f"run-{number}"
        watched_run(store, CASES[:12], of_silent_server(seconds), run_id=run_id, age=DAY - number * HOUR)
        send_after(store, run_id, number)

    assert [] == rules(looked(store))


def test_a_server_that_does_not_say_what_it_keeps_is_called_slow_where_it_is_slower_than_at_first(store: Store) -> None:
    for number, seconds in enumerate([3.0, 0.5, 7.0]):
        run_id = f"run-{number}"
        watched_run(store, CASES[:12], of_silent_server(seconds), run_id=run_id, age=DAY - number * HOUR)
        send_after(store, run_id, number)

    assert ["duration"] == rules(looked(store))
