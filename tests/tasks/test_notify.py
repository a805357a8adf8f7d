"""The event of an alert: what automations match by, and a payload that nothing chokes on."""

from datetime import UTC, datetime

from evaluation.records.alerts import AlertRecord
from tasks.monitoring.notify import LONGEST_TEXT, RAISED, alert_event

NOW = datetime(2026, 5, 20, tzinfo=UTC)


def alert(**given: object) -> AlertRecord:
    known: dict[str, object] = {
        "alert_id": "a1",
        "subject": "duration · m",
        "occurrence": "",
        "rule": "duration",
        "severity": "warning",
        "source": "live",
        "task": "flash_analysis",
        "benchmark": None,
        "candidate": "m:1b",
        "metric": None,
        "run_id": None,
        "sentence": "it is slow",
        "evidence": {"ratio": 2.5, "n": 20},
        "changes": (),
        "raised_at": NOW,
        "seen_at": NOW,
        "n_seen": 1,
    }
    empty = ("notified_at", "acknowledged_at", "acknowledged_by", "note", "resolved_at", "resolution")
    return AlertRecord(**(dict.fromkeys(empty) | known | given))  # type: ignore[arg-type]


def test_an_event_names_its_alert_what_it_is_of_and_the_flow_run_that_found_it() -> None:
    event = alert_event(alert(), "0b6c")

    assert (RAISED, "benchwright.alert.a1") == (event.event, event.resource.id)
    assert ("duration", "warning", "flash_analysis", "m:1b") == tuple(
        event.resource[f"benchwright.{name}"] for name in ("rule", "severity", "task", "candidate")
    )
    assert ["prefect.flow-run.0b6c"] == [one.id for one in event.related]
    assert ({"ratio": 2.5, "n": 20}, "it is slow") == (event.payload["evidence"], event.payload["sentence"])


def test_texts_of_others_are_one_line_without_controls_and_not_without_end() -> None:
    event = alert_event(
        alert(sentence="a\x00b\nc", evidence={"failures": {"x\x1b[2J": 1}, "long": "s" * 9000}, task="t\x00")
    )

    assert "a\ufffdb c" == event.payload["sentence"]
    assert {"x\ufffd[2J": 1} == event.payload["evidence"]["failures"]
    assert LONGEST_TEXT == len(event.payload["evidence"]["long"])
    assert "t\ufffd" == event.resource["benchwright.task"]
