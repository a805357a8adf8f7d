"""`benchwright monitor` and `benchwright alerts`: what is seen, said, known and silenced from the terminal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from watched_runs import answers, many_cases, watched_run

from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alerts import record_look
from evaluation.store.session import open_store

Command = Callable[..., Any]
CASES = many_cases(20)


@pytest.fixture
def watched(database: str) -> str:
    """The store of the commands, with a usual run and one that is slow, of other weights."""
    now = datetime.now(UTC)
    with open_store(database) as store:
        watched_run(store, CASES, answers(CASES), run_id="usual", age=timedelta(days=1), now=now)
        slow = answers(CASES, seconds=4)
        watched_run(store, CASES, slow, run_id="slow", age=timedelta(hours=1), now=now, digest="weights-2")
    return database


@pytest.fixture
def alerted(watched: str) -> str:
    """The same, after a look."""
    with open_store(watched) as store:
        seen = run_pass(store, MonitorRequest(), datetime.now(UTC))
        record_look(store, seen.findings, judged=seen.judged, looks=seen.looks)
    return watched


def test_a_look_says_what_is_wrong_and_fails_where_that_is_asked(
    benchwright: Command, watched: str, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)

    said = benchwright("monitor", "--fail-on-alert", "--token-budget", "numbers=500")
    again = benchwright("monitor", "--json", "--since", "4w")

    assert 1 == said.code
    assert said.out.startswith("3 open alerts, 3 new: 1 pair of candidate and task, 40 calls.\n")
    assert "duration (new): m:1b on numbers takes 4 s at the median" in said.out, said.out
    assert "tokens (new): m:1b on numbers takes 1,312 tokens a call, over its budget of 500" in said.out
    assert "model (new): The weights of m:1b at here changed: weights-1 → weights-2." in said.out
    assert 0 == again.code
    assert {"model", "duration"} == {one["rule"] for one in again.json["alerts"] if one["state"] == "open"} - {"tokens"}
    assert [20, 20] == [point["n"] for point in again.json["statistics"][0]["points"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", "tomorrow"), "--since 'tomorrow' is not a duration"),
        (("--token-budget", "many"), "--token-budget 'many' is not a budget"),
        (("--slower-than", "1"), "slower_than must be more than 1"),
        (("--without", "quantity"), "left_out.0 must be 'duration', 'success'"),
        (("--db", "nowhere.db"), "there is no database"),
    ],
)
def test_a_wrong_word_is_2_before_any_server_is_started(
    benchwright: Command, without_servers: None, words: tuple[str, ...], message: str
) -> None:
    said = benchwright("monitor", *words)

    assert (2, True) == (said.code, message in said.err)


def test_alerts_are_listed_and_known_and_a_change_that_is_known_is_over(benchwright: Command, alerted: str) -> None:
    duration, model = sorted(benchwright("alerts", "list", "--json").json, key=lambda one: one["rule"])
    assert ("open", "open") == (duration["state"], model["state"])

    first = benchwright("alerts", "ack", duration["alert_id"][:8], "--by", "ada", "--note", "the fan is broken")
    second = benchwright("alerts", "ack", model["alert_id"], "--json")

    assert (
        f"{duration['alert_id']} (duration) is acknowledged; it is resolved when a monitor no longer finds it\n"
        == first.out
    )
    assert "resolved" == second.json["state"]
    (left,) = benchwright("alerts", "list", "--json").json
    assert ("acknowledged", "ada", "the fan is broken") == tuple(
        left[name] for name in ("state", "acknowledged_by", "note")
    )
    assert 2 == len(benchwright("alerts", "list", "--all", "--json").json)
    assert "the fan is broken" in benchwright("alerts", "list", "--rule", "duration").out
    assert "no open alerts" in benchwright("alerts", "list", "--rule", "quality").err


def test_a_silence_is_of_something_and_for_some_time(benchwright: Command, alerted: str) -> None:
    made = benchwright("alerts", "silence", "--candidate", "m:1b", "--until", "8h", "--reason", "moving house")

    assert (0, True) == (made.code, made.out.startswith("silence 1 is active until "))
    assert "moving house" in benchwright("alerts", "silences").out
    assert "silence 1 has ended\n" == benchwright("alerts", "silences", "--end", 1).out
    assert "no alerts are silenced\n" == benchwright("alerts", "silences").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ack", "nothing"), "unknown alert 'nothing'"),
        (("list", "--rule", "loudness"), "unknown rule 'loudness'"),
        (("silence", "--until", "8h"), "a silence needs a rule, a task or a candidate"),
        (("silence", "--rule", "gpu", "--until", "2001-01-01"), "is not a future time"),
        (("silences", "--end", "7"), "unknown silence '7'"),
        (("notify",), "needs --webhook or --off"),
        (("notify", "--webhook", "http://127.0.0.1:9/hook"), "no Prefect server is configured"),
    ],
)
def test_what_cannot_be_done_is_2_with_the_reason(
    benchwright: Command, alerted: str, words: tuple[str, ...], message: str
) -> None:
    said = benchwright("alerts", *words)

    assert (2, True) == (said.code, message in said.err), said.err
