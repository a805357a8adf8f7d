"""The `benchwright upgrades` commands: changed weights and server versions under policies, tested and decided on."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.single_flows import EndedFlow, run_command, run_to_end
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.results.as_json import as_json as plain

if TYPE_CHECKING:
    from evaluation.records.policies import Upgrade
    from evaluation.requests.upgrade_request import UpgradeWatch
    from evaluation.results.upgrades import UpgradeLook
    from evaluation.store.session import Store

upgrades = typer.Typer(
    no_args_is_help=True, help="Changed weights and server versions under policies: look, list, accept, decline."
)
LOCAL = "command line"
"""Who decides here, for the history of policies."""
UpgradeArgument = Annotated[str, typer.Argument(metavar="ID", help="The upgrade, as `upgrades list` shows it.")]
_SHORT = 12


@upgrades.command("look")
def look(
    policy: Annotated[
        list[str] | None, typer.Option("--policy", metavar="NAME", help="Look at this policy alone; may be repeated.")
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for changed weights and server versions under policies that watch upgrades, and test them."""
    from evaluation.requests.upgrade_request import read_upgrade_watch

    request = read_upgrade_watch({"policies": policy or []})
    run_command(
        lambda store, stack: look_once(request, store, stack),
        db,
        lambda look: _show(look, as_json=as_json),
        as_json=as_json,
    )


def look_once(request: "UpgradeWatch", store: "Store", stack: ExitStack) -> "EndedFlow[UpgradeLook]":
    """Return how a look ended, which the flow made in this process.

    Args:
        request: Which policies are looked at.
        store: Where they are.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from selection.policies.upgrade_watch import watched_policies

    watched_policies(store, request.policies)  # refuses unknown names before a server is started

    def load() -> Any:
        from flows.watch_upgrades import watch_upgrades

        return watch_upgrades

    return run_to_end(load, request, store, stack)


@upgrades.command("list")
def list_(
    all: Annotated[bool, typer.Option("--all", help="Those that were decided on too.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the upgrades on which nobody has decided."""
    from evaluation.store.upgrades import list_upgrades

    with open_stored(db) as store:
        listed = list_upgrades(store, is_open=not all)
    if as_json:
        print_json([plain(upgrade) for upgrade in listed])
    elif listed:
        _print(listed)
    else:
        print_status("no upgrades" if all else "no open upgrades; --all shows those that were decided on too")


@upgrades.command("accept")
def accept(upgrade: UpgradeArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Have its policies stand for the changed candidate from now on."""
    _decide(upgrade, db, is_accepted=True, as_json=as_json)


@upgrades.command("decline")
def decline(upgrade: UpgradeArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Have its policies stay: the gateway asks the old weights where a server still has them."""
    _decide(upgrade, db, is_accepted=False, as_json=as_json)


def _decide(upgrade_id: str, db: str | None, *, is_accepted: bool, as_json: bool) -> None:
    from tasks.upgrades.deciding import decide

    with open_stored(db) as store:
        upgrade, sentences = asyncio.run(decide(store, upgrade_id, is_accepted=is_accepted, by=LOCAL))
    if as_json:
        print_json(plain(upgrade))
        return
    print_line(f"{upgrade.state} the upgrade {upgrade.upgrade_id} of {upgrade.model} on {upgrade.endpoint}")
    for sentence in sentences:
        print_status(sentence)


def _show(result: "UpgradeLook", *, as_json: bool) -> None:
    if as_json:
        print_json(plain(result))
        return
    print_line(result.sentence)
    for sentence in (*result.away, *result.notes, *(f"kept as {name}" for name in result.kept)):
        print_status(sentence)
    if result.upgrades:
        _print(result.upgrades)
        print_status(
            "  next: `benchwright alerts list` has the figures; `benchwright upgrades accept|decline ID` decides."
        )


def _print(listed: "Sequence[Upgrade]") -> None:
    columns = ("id", "model", "server", "what", "before", "after", "state", "verdict")
    print_table(columns, [_cells(upgrade) for upgrade in listed])


def _cells(upgrade: "Upgrade") -> tuple[object, ...]:
    before, after = (text.removeprefix("sha256:")[:_SHORT] for text in (upgrade.before, upgrade.after))
    place = (upgrade.upgrade_id, upgrade.model, upgrade.endpoint)
    return (*place, upgrade.kind, before, after, upgrade.state, upgrade.verdict)
