"""The page of a look: what others wrote shows as these characters, and is no markup."""

from datetime import timedelta
from typing import Any

from watched_runs import NOW, answers, many_cases, watched_run

from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.monitoring.result import monitor_result
from evaluation.reports.monitoring.page import monitor_as_markdown
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.monitoring import MonitorResult
from evaluation.store.alert_silences import list_silences
from evaluation.store.alerts import list_alerts, record_look
from evaluation.store.session import Store

HOSTILE = "m|<script>alert(1)</script>[x](javascript:y)![z](http://w)`q`"


def page_of(store: Store, **request: Any) -> tuple[MonitorResult, str]:
    seen = run_pass(store, MonitorRequest(**request), NOW)
    changes = record_look(store, seen.findings, judged=seen.judged, looks=seen.looks, moment=NOW)
    result = monitor_result(seen, changes, list_alerts(store), list_silences(store, moment=NOW))
    return result, monitor_as_markdown(result)


def test_a_hostile_name_is_no_markup_anywhere_on_the_page(store: Store) -> None:
    cases = many_cases(20)
    watched_run(store, cases, run_id="usual", age=timedelta(days=1), model=HOSTILE, name="numbers<b>")
    slow = answers(cases, seconds=4)
    watched_run(store, cases, slow, run_id="slow", age=timedelta(hours=1), model=HOSTILE, name="numbers<b>")

    result, page = page_of(store)

    assert ["duration"] == [shown.alert.rule for shown in result.alerts]
    assert HOSTILE in result.alerts[0].alert.sentence
    for harmful in ("<script", "<b>", "](javascript", "![z]", "http://", "`q`"):
        assert harmful not in page
    lines = page.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("| candidate"))
    assert lines[head].count("|") == lines[head + 2].replace("\\|", "").count("|")


def test_a_page_without_anything_says_so(store: Store) -> None:
    result, page = page_of(store)

    assert "There were no evaluations" in result.sentence
    assert page.startswith("# Monitor\n\n> There were no evaluations")


def test_quiet_figures_are_a_table_and_a_sentence(store: Store) -> None:
    cases = many_cases(20)
    watched_run(store, cases, answers(cases, wrong=range(5)), run_id="usual", age=timedelta(days=1))

    result, page = page_of(store)

    assert "No open alerts: 1 pair of candidate and task, 20 calls." == result.sentence
    assert "| candidate | calls | answered | mean score | median s | mean tokens, in and out |" in page
    assert "| m:1b | 20 | 100 % | 0.75 | 1.5 |" in page
    assert "| m:1b | 1,312 | 1,732 |" in page or "| m:1b | 1,732 |" in page


def test_an_alert_says_in_words_how_bad_it_is_and_since_when(store: Store) -> None:
    cases = many_cases(20)
    watched_run(store, cases, run_id="usual", age=timedelta(days=1))
    watched_run(store, cases, answers(cases, seconds=4), run_id="slow", age=timedelta(hours=1))

    result, page = page_of(store)

    (shown,) = result.alerts
    assert "- **warning: duration** *new* m:1b on numbers takes" in page
    assert ". · since" not in page
    assert (
        f"· since 2026-05-20 11:00 UTC · noticed 2026-05-20 12:00 UTC · alert `{shown.alert.alert_id}` · run `slow`"
        in page
    )
    assert all(ord(letter) < 0x1F000 for letter in page), "an emoji, which Prefect's fonts lack"
