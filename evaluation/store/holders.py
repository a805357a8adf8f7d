"""Who works on a run now, and is that process still alive?"""

from collections.abc import Sequence
from evaluation.store.records import HolderRecord
from evaluation.store.session import Store

SILENCE_S = 60.0
"""A holder that did not beat for so long counts as dead. Beat every 10 s or so."""


def this_host() -> str:
    """This machine's name."""
    raise NotImplementedError


def process_start(pid: int) -> str | None:
    """When and where the process started, in a form only to be compared; None: no such process, or unknown here."""
    raise NotImplementedError


def take_hold(
    store: Store,
    run_ids: Sequence[str],
    *,
    host: str | None = None,
    pid: int | None = None,
    process_start: str | None = None,
) -> str:
    """Id of a new holder of these runs (None: this host, this process)."""
    raise NotImplementedError


def beat(store: Store, holder_id: str, *, lease_ids: Sequence[str] | None = None) -> None:
    """Says that the holder lives, and which leases it has (None: as before)."""
    raise NotImplementedError


def let_go(store: Store, holder_id: str) -> None:
    """Says that the holder works on its runs no more."""
    raise NotImplementedError


def holders_of(store: Store, run_id: str) -> tuple[HolderRecord, ...]:
    """All holders a run has had, newest first."""
    raise NotImplementedError


def is_alive(holder: HolderRecord) -> bool:
    """True unless it let go, was silent for `SILENCE_S`, or is a process of this machine that is gone."""
    raise NotImplementedError
