"""The `benchwright alerts` commands: list, acknowledge and silence alerts, and choose who is notified of them."""

import getpass
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.deploy.command import must_answer
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import moment, print_line, print_table
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.alerts import AlertRecord, SilenceRecord
from evaluation.results.as_json import as_json as results_as_json
from evaluation.results.monitoring import AlertResult

if TYPE_CHECKING:
    from evaluation.store.session import Store

alerts = typer.Typer(no_args_is_help=True, help="Alerts of the monitor: list, acknowledge, silence, notify.")

RULES = (
    "duration",
    "success",
    "tokens",
    "gpu",
    "quality",
    "grades",
    "model",
    "judge",
    "server",
    "run",
    "trial",
    "upgrade",
)
CHANGES = ("model", "judge", "server")
"""Rules about something that changed; acknowledging such an alert accepts the new state."""


@alerts.command("list")
def list_all(
    all_: Annotated[bool, typer.Option("--all", help="Include resolved alerts.")] = False,
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only for this rule.")] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only for this task or benchmark.")] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", metavar="NAME", help="Only for this candidate.")
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the open alerts."""
    with open_stored(db) as store:
        matching = alerts_that_fit(store, all_=all_, rule=rule, task=task, candidate=candidate)
    if as_json:
        print_json([results_as_json(AlertResult.of(alert)) for alert in matching])
    elif matching:
        _print(matching)
    else:
        print_status("no matching alerts" if all_ else "no open alerts; --all shows resolved ones too")


def alerts_that_fit(
    store: "Store", *, all_: bool, rule: str | None, task: str | None, candidate: str | None
) -> list[AlertRecord]:
    """Return the open alerts, or all of them, filtered by rule, task and candidate; None matches all.

    Raises:
        UnknownNameError: no such rule.
    """
    from evaluation.store.alerts import list_alerts

    of_rule = _checked_rule(rule)
    stored = list_alerts(store, with_resolved=all_)
    return [alert for alert in stored if alert.fits(rule=of_rule, task=task, candidate=candidate)]


def _print(records: list[AlertRecord]) -> None:
    print_table(
        ("alert", "state", "severity", "rule", "since", "noticed", "seen", "what"),
        [
            (
                alert.alert_id,
                alert.state,
                alert.severity,
                alert.rule,
                moment(alert.began_at),
                moment(alert.raised_at),
                alert.n_seen,
                alert.sentence if alert.note is None else f"{alert.sentence} [{alert.note}]",
            )
            for alert in records
        ],
    )


@alerts.command("ack")
def acknowledge(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="An alert's id, the beginning of one, or `last`.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A note to store with it.")] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Your name; default: your login name.", show_default=False),
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Acknowledge an alert: nobody is notified of it again. This also accepts a change of model, judge or server."""
    with open_stored(db) as store:
        acknowledged = acknowledge_stored(store, alert, note=note, by=by)
    if as_json:
        print_json(results_as_json(AlertResult.of(acknowledged)))
    else:
        over = " and resolved" if acknowledged.rule in CHANGES else "; it is resolved when a monitor no longer finds it"
        print_line(f"{acknowledged.alert_id} ({acknowledged.rule}) is acknowledged{over}")


def acknowledge_stored(store: "Store", alert: str, *, note: str | None, by: str | None) -> AlertRecord:
    """Acknowledge an alert and return it; one about a change is over then.

    Raises:
        UnknownNameError: no such alert.
    """
    from evaluation.store.alerts import acknowledge_alert, find_alert

    stored = find_alert(store, alert)
    return acknowledge_alert(store, stored.alert_id, by=by or _login(), note=note, ends=stored.rule in CHANGES)


@alerts.command("silence")
def silence(
    until: Annotated[
        str, typer.Option("--until", metavar="8h|3d|DATE", help="When the silence ends, or how long it lasts.")
    ],
    rule: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only for this rule.")] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only for this task or benchmark.")] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", metavar="NAME", help="Only for this candidate.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The reason.")] = "",
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Silence the notifications for a rule, task or candidate for a while. Alerts are still raised and listed."""
    ends = _read_until(until)
    with open_stored(db) as store:
        made = store_silence(store, until=ends, rule=rule, task=task, candidate=candidate, reason=reason)
    if as_json:
        print_json(_silence_as_json(made))
    else:
        print_line(f"silence {made.silence_id} is active until {moment(made.until)}")


def store_silence(
    store: "Store", *, until: datetime, rule: str | None, task: str | None, candidate: str | None, reason: str
) -> SilenceRecord:
    """Silence the notifications for a rule, task or candidate, and return the silence.

    Raises:
        ConfigurationError: none of the three is given.
        UnknownNameError: no such rule.
    """
    from evaluation.store.alert_silences import silence_alerts

    if rule is None and task is None and candidate is None:
        raise ConfigurationError(
            "a silence needs a rule, a task or a candidate", "Give --rule, --task or --candidate, or several of them."
        )
    return silence_alerts(store, until=until, rule=_checked_rule(rule), task=task, candidate=candidate, reason=reason)


@alerts.command("silences")
def silences(
    end: Annotated[int | None, typer.Option("--end", metavar="N", help="The silence to end now.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the active silences, or end one."""
    from evaluation.store.alert_silences import end_silence, list_silences

    with open_stored(db) as store:
        if end is not None:
            end_silence(store, end)
        active = list_silences(store)
    if as_json:
        print_json([_silence_as_json(record) for record in active])
    elif end is not None:
        print_line(f"silence {end} has ended")
    elif active:
        rows = [
            (record.silence_id, record.rule, record.task, record.candidate, record.until, record.reason or None)
            for record in active
        ]
        print_table(("silence", "rule", "task", "candidate", "until", "why"), rows)
    else:
        print_status("no alerts are silenced")


@alerts.command("notify")
def notify(
    webhook: Annotated[
        str | None,
        typer.Option(
            "--webhook", metavar="URL|BLOCK", help="A URL, `-` to read one from standard input, or a Prefect block."
        ),
    ] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option("--severity", metavar="WORD", help="Only this severity: critical, warning or notice.*"),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="The webhook may be on this machine or in a private network.")
    ] = False,
    off: Annotated[bool, typer.Option("--off", help="Turn notifications off.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Have Prefect call a webhook, or a notification block such as `slack-webhook/NAME`, for each new alert.

    A URL is kept in a Prefect block, encrypted, and is shown nowhere. Options marked * may be repeated.
    """
    from deployments.automations import notify_by, notify_nobody

    if off == (webhook is not None):
        raise ConfigurationError("alerts notify needs --webhook or --off", "For example --webhook https://…/hook")
    must_answer()
    if webhook is None:
        was_there = notify_nobody()
        fields: dict[str, Any] = {"automation": None, "was_there": was_there}
        text = "notifications are off" if was_there else "notifications were off already"
    else:
        made = notify_by(_read_webhook(webhook), severities=tuple(severity or ()), may_be_private=private)
        fields = {"automation": made.name, "automation_id": made.automation_id, "block": made.block}
        text = f"{made.name}: calls the block {made.block} for each new alert"
    if as_json:
        print_json(fields)
    else:
        print_line(text)


def _read_webhook(text: str) -> str:
    return sys.stdin.readline().strip() if text == "-" else text.strip()


def _checked_rule(rule: str | None) -> str | None:
    if rule is not None and rule not in RULES:
        raise UnknownNameError("rule", rule, RULES)
    return rule


def _login() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None


def _read_until(text: str) -> datetime:
    """Return the time given as `8h`, `3d`, `2w`, a date or a time.

    Without a time zone it is local time.
    """
    hours = {"h": 1, "d": 24, "w": 7 * 24}
    until = None
    try:
        if match := re.fullmatch(r"([0-9]{1,6})([hdw])", text.strip()):
            until = datetime.now(UTC) + timedelta(hours=int(match[1]) * hours[match[2]])
        else:
            until = datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    if until is None or until <= datetime.now(UTC):
        raise ConfigurationError(f"--until {text!r} is not a future time", "For example 8h, 3d or 2027-01-31.")
    return until


def _silence_as_json(record: SilenceRecord) -> dict[str, Any]:
    return asdict(record) | {"until": record.until.isoformat(), "created_at": record.created_at.isoformat()}
