"""Functions on upgrades of models that policies use, for the HTTP interface and Python."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from deployments.python.calling import call, result_of
from deployments.python.checking import plainly
from deployments.python.policies import LOCAL
from deployments.python.stored import opened

if TYPE_CHECKING:
    from evaluation.records.policies import Upgrade
    from evaluation.results.upgrades import UpgradeLook


@plainly
def watch_upgrades(
    *, policies: Sequence[str] = (), tell: Callable[[str], None] | None = None, db: str | None = None
) -> "UpgradeLook":
    """Look for changed weights and server versions under policies that watch upgrades, and test them.

    Args:
        policies: Names of policies; empty: all of them.
        tell: Called with what the command prints beside its result.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy.
        RunFailedError: the look failed or was cancelled.
        KeyboardInterrupt: Ctrl-C, or the notebook's interrupt.
    """
    return call(partial(_watch, tuple(policies), db), tell=tell)


def _watch(policies: tuple[str, ...], db: str | None) -> "UpgradeLook":
    from deployments.cli.long_commands import workplace
    from deployments.cli.upgrades import look_once
    from evaluation.requests.upgrade_request import read_upgrade_watch

    request = read_upgrade_watch({"policies": list(policies)})
    with workplace(db, may_be_new=False) as (store, stack):
        ended = look_once(request, store, stack)
    return result_of(ended, "the look failed", "Run it again: what is stored is not asked for again.")


@plainly
def list_upgrades(*, all: bool = False, db: str | None = None) -> "tuple[Upgrade, ...]":
    """Return the upgrades on which nobody has decided, the newest first.

    Args:
        all: Those that were decided on too.
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.store.upgrades import list_upgrades as listed

    with opened(db) as store:
        return listed(store, is_open=not all)


@plainly
def load_upgrade(upgrade: str, *, db: str | None = None) -> "Upgrade":
    """Return an upgrade with the figures of its test.

    Args:
        upgrade: Its id, or a unique beginning of it.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such upgrade.
    """
    from evaluation.store.upgrades import load_upgrade as load

    with opened(db) as store:
        return load(store, upgrade)


@plainly
def accept_upgrade(upgrade: str, *, by: str = LOCAL, db: str | None = None) -> "Upgrade":
    """Have the policies of a tested upgrade stand for the changed candidate from now on; return the upgrade.

    Args:
        upgrade: Its id, or a unique beginning of it.
        by: Who decides, for the history of the policies.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such upgrade.
        ConfigurationError: it was decided already, or not tested.
    """
    return _decided(upgrade, is_accepted=True, by=by, db=db)


@plainly
def decline_upgrade(upgrade: str, *, by: str = LOCAL, db: str | None = None) -> "Upgrade":
    """Have the policies of an upgrade stay as they are; return the upgrade.

    Args:
        upgrade: Its id, or a unique beginning of it.
        by: Who decides, for its history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such upgrade.
        ConfigurationError: it was decided already.
    """
    return _decided(upgrade, is_accepted=False, by=by, db=db)


def _decided(upgrade: str, *, is_accepted: bool, by: str, db: str | None) -> "Upgrade":
    from tasks.upgrades.deciding import decide
    from tasks.upgrades.keeping import in_a_loop

    with opened(db) as store:
        decided, _ = in_a_loop(decide(store, upgrade, is_accepted=is_accepted, by=by))
    return decided
