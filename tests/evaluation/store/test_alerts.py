"""Alerts as rows: raised once, updated while they last, over when they are gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.alerts import AlertRecord, Finding
from evaluation.store.alert_silences import end_silence, list_silences, silence_alerts, to_notify
from evaluation.store.alerts import (
    acknowledge_alert,
    find_alert,
    list_alerts,
    note_notified,
    record_look,
)
from evaluation.store.session import Store

NOW = datetime(2026, 5, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
SLOW = Finding(
    rule="duration",
    about="m:1b on squad",
    severity="warning",
    source="evaluation",
    task="question_answering",
    candidate="m:1b",
    run_id="run-1",
    sentence="it is slow",
    evidence={"ratio": 2.5},
)
NEW_WEIGHTS = replace(SLOW, rule="model", occurrence="run-1 weights-2", sentence="other weights")


def raised(store: Store, *findings: Finding, moment: datetime = NOW) -> tuple[AlertRecord, ...]:
    judged = {SLOW.subject, NEW_WEIGHTS.subject}
    return record_look(store, findings, judged=judged, moment=moment).raised


def test_an_alert_is_read_back_as_it_was_found_and_is_updated_while_it_lasts(store: Store) -> None:
    (alert,) = raised(store, SLOW)

    slower = replace(SLOW, sentence="it is slower", evidence={"ratio": 3.0}, run_id="run-2")
    changes = record_look(store, [slower], judged={SLOW.subject}, moment=NOW + HOUR)

    assert ("duration", "it is slow", {"ratio": 2.5}, NOW) == (
        alert.rule,
        alert.sentence,
        alert.evidence,
        alert.raised_at,
    )
    (updated,) = changes.updated
    assert (alert.alert_id, "it is slower", "run-2", NOW, NOW + HOUR, 2) == (
        updated.alert_id,
        updated.sentence,
        updated.run_id,
        updated.raised_at,
        updated.seen_at,
        updated.n_seen,
    )


def test_a_state_comes_back_as_a_new_alert_and_a_change_is_told_once(store: Store) -> None:
    first = raised(store, SLOW, NEW_WEIGHTS)
    assert () == raised(store, moment=NOW + HOUR)
    again = raised(store, SLOW, NEW_WEIGHTS, moment=NOW + 2 * HOUR)

    assert (["duration", "model"], ["duration"]) == ([one.rule for one in first], [one.rule for one in again])
    assert 3 == len(list_alerts(store, with_resolved=True))
    assert 1 == len(list_alerts(store, with_resolved=True, since=NOW + HOUR))


def test_what_is_too_little_to_raise_an_alert_keeps_one_open(store: Store) -> None:
    little = replace(SLOW, raises=False)
    assert () == raised(store, little)
    raised(store, SLOW)
    assert 1 == len(record_look(store, [little], judged={SLOW.subject}, moment=NOW + HOUR).updated)


def test_who_knows_is_told_no_more_and_who_was_told_is_told_once(store: Store) -> None:
    slow, weights = raised(store, SLOW, NEW_WEIGHTS)
    assert [slow, weights] == sorted(to_notify(store, NOW), key=lambda one: one.rule)

    note_notified(store, [slow.alert_id])
    acknowledge_alert(store, weights.alert_id, by="ada", note="was me")

    assert () == to_notify(store, NOW)
    known = find_alert(store, weights.alert_id[:6])
    assert ("acknowledged", "ada", "was me") == (known.state, known.acknowledged_by, known.note)


def test_a_silence_covers_what_fits_until_it_ends(store: Store) -> None:
    raised(store, SLOW, NEW_WEIGHTS)
    silence = silence_alerts(store, until=NOW + HOUR, rule="duration", candidate="m:1b")

    assert ["model"] == [one.rule for one in to_notify(store, NOW)]
    assert 2 == len(to_notify(store, NOW + HOUR))
    assert (silence,) == list_silences(store, moment=NOW)
    end_silence(store, silence.silence_id)
    assert () == list_silences(store, moment=NOW)
    with pytest.raises(UnknownNameError, match="silence"):
        end_silence(store, silence.silence_id)


def test_an_alert_is_found_by_the_beginning_of_its_id_and_the_newest_as_last(store: Store) -> None:
    raised(store, SLOW)
    (newest,) = raised(store, SLOW, NEW_WEIGHTS, moment=NOW + HOUR)

    assert newest == find_alert(store, "last")
    with pytest.raises(UnknownNameError, match="'zzz'"):
        find_alert(store, "zzz")
    with pytest.raises(UnknownNameError, match="''"):
        find_alert(store, "")
    for number in range(17):
        raised(store, replace(NEW_WEIGHTS, occurrence=str(number)), moment=NOW + HOUR)
    first_letters = [one.alert_id[0] for one in list_alerts(store, with_resolved=True)]
    twice = next(letter for letter in first_letters if first_letters.count(letter) > 1)
    with pytest.raises(ConfigurationError, match="several alerts begin with"):
        find_alert(store, twice)


def test_a_change_that_is_accepted_is_over(store: Store) -> None:
    (alert,) = raised(store, NEW_WEIGHTS)

    known = acknowledge_alert(store, alert.alert_id, ends=True)

    assert ("resolved", "acknowledged") == (known.state, known.resolution)
    assert () == raised(store, NEW_WEIGHTS, moment=NOW + HOUR)
