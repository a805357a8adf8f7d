"""The `benchwright keys` commands: make, list and revoke the keys of the HTTP interface."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_stored
from deployments.cli.budgets import BudgetOption, budget_words, read_budget
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.access import ApiKey, Scope
from evaluation.request_rates import read_rate
from evaluation.results.as_json import as_json as plain

keys = typer.Typer(no_args_is_help=True, help="Keys of the HTTP interface: create, list, revoke.")
_UNITS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}


@keys.command("create")
def create(
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Its name in lists and in the audit.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", metavar="SCOPE", help=f"What it allows: {', '.join(Scope)}; may be repeated."),
    ],
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="TIME", help="When it ends: 12h, 30d, 4w or a date.", show_default="never"),
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option("--rate", metavar="N/UNIT", help="Requests allowed: 60/min, 5/s.", show_default="no limit"),
    ] = None,
    budget: BudgetOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it: it is shown this once, and only its hash is stored.

    Options marked * may be repeated.
    """
    from evaluation.store.api_keys import create_key
    from selection.policies.settings import budget_of

    ends, scopes = read_expiry(expires, datetime.now(UTC)), [_scope(word) for word in scope]
    limit = None if rate is None else str(read_rate(rate))
    limits = budget_of(read_budget(budget))
    with open_results(db) as store:
        key, text = create_key(store, name=name, scopes=scopes, expires_at=ends, rate=limit, budget=limits)
    if as_json:
        print_json({**plain(key), "key": text})
        return
    print_line(text)
    print_status("the key is shown this once; send it as `Authorization: Bearer KEY`")


@keys.command("list")
def list_(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List all keys, without their secrets."""
    from evaluation.store.api_keys import list_keys

    with open_stored(db) as store:
        listed = list_keys(store)
    if as_json:
        print_json([plain(key) for key in listed])
    elif listed:
        now = datetime.now(UTC)
        columns = ("name", "id", "scopes", "rate", "budget a day", "made", "state")
        print_table(columns, [_cells(key, now) for key in listed])
    else:
        print_status("no keys are stored; `benchwright keys create --name NAME --scope read` makes one")


@keys.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME|ID", help="The key's name or id.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a key from now on."""
    from evaluation.store.api_keys import revoke_key

    with open_stored(db) as store:
        key = revoke_key(store, name)
    if as_json:
        print_json(plain(key))
    else:
        print_status(f"revoked {key.name} ({key.key_id})")


def read_expiry(text: str | None, now: datetime) -> datetime | None:
    """Return the moment that a text such as `30d` or `2027-01-31` names; None without one.

    Raises:
        ConfigurationError: it is neither, or has passed.
    """
    if text is None:
        return None
    try:
        moment = now + _duration(text) if text[-1:] in _UNITS else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigurationError(f"--expires {text!r} is not a time", "Give 12h, 30d, 4w or 2027-01-31.") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if moment <= now:
        raise ConfigurationError(f"--expires {text!r} has passed", "Give a later time.")
    return moment


def _duration(text: str) -> timedelta:
    return timedelta(seconds=float(text[:-1]) * _UNITS[text[-1]])


def _scope(word: str) -> Scope:
    try:
        return Scope(word)
    except ValueError:
        raise UnknownNameError("scope", word, [scope.value for scope in Scope]) from None


def _cells(key: ApiKey, now: datetime) -> tuple[object, ...]:
    if key.revoked_at is not None:
        state = "revoked"
    elif not key.is_valid(now):
        state = "expired"
    else:
        state = "valid" if key.expires_at is None else f"valid until {key.expires_at:%Y-%m-%d %H:%M} UTC"
    return (
        key.name,
        key.key_id,
        ", ".join(key.scopes),
        key.rate,
        budget_words(key.budget or {}) or None,
        f"{key.created_at:%Y-%m-%d %H:%M}",
        state,
    )
