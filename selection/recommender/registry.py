"""Find or create the recommender of a store: one for each database in a process, closed at exit.

A process that was forked begins without any: connections and threads do not live on in it, and what its parent has not
written yet is the parent's to write.
"""

import atexit
import os
import sys
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from evaluation.errors import ConfigurationError
from selection.recommender.recommender import Recommender

if TYPE_CHECKING:
    from evaluation.store.session import Store

_lock = Lock()
_recommenders: dict[str, Recommender] = {}
_VARIABLE = "BENCHWRIGHT_DATABASE_URL"
_of_the_parent: list[Recommender] = []
"""Recommenders of the parent process, kept for ever: closing its connections would close them for the parent too."""


def recommender_of(store: "str | Path | Store | None") -> Recommender:
    """Return the recommender that answers from this database.

    Args:
        store: A path, a URL, or an open store; None: the database that the command uses.

    Raises:
        ConfigurationError: it is none of these, or a setting is wrong.
        StoreError: it is not a database URL.
    """
    address = address_of(store)
    recommender = _recommenders.get(address)
    if recommender is not None:
        return recommender
    from selection.recommender.store_access import StoreBook

    with _lock:
        if address not in _recommenders:
            _recommenders[address] = Recommender(StoreBook(address))
            _close_with_a_pool()
        return _recommenders[address]


def address_of(store: "str | Path | Store | None") -> str:
    """Return the database as a URL that is the same wherever it is asked from.

    Raises:
        ConfigurationError: it is none, or a setting is wrong.
        StoreError: it is not a database URL.
    """
    from evaluation.store.address import address_of_path, parse_url, plain_path

    address = _of_settings() if store is None else _url_of(store)
    plain = plain_path(address)
    if plain is not None:
        return address_of_path(plain)
    url = parse_url(address)
    if url.get_backend_name() == "sqlite":
        url = url.set(database=os.path.abspath(str(url.database)))
    return url.render_as_string(hide_password=False)


def _url_of(store: "str | Path | Store") -> str:
    if isinstance(store, str | Path):
        return str(store)
    from evaluation.store.session import Store

    if not isinstance(store, Store):
        raise ConfigurationError(f"store is {store!r}", "Give a path, a URL, an open store, or leave it out.")
    return store.url


def close_recommenders() -> int:
    """Store everything possible, and return how many recommendations and outcomes could not be stored."""
    with _lock:
        recommenders = tuple(_recommenders.values())
        _recommenders.clear()
    return sum(recommender.close() for recommender in recommenders)


def _of_settings() -> str | None:
    """Return the setting's database. Without other settings none can be wrong, and pydantic need not be loaded."""
    variables = {name.upper(): value for name, value in os.environ.items() if name.upper().startswith("BENCHWRIGHT_")}
    if set(variables) <= {_VARIABLE}:
        return variables.get(_VARIABLE) or None
    return _checked_setting(variables.get(_VARIABLE))


@lru_cache(maxsize=8)
def _checked_setting(variable: str | None) -> str | None:
    """Return the setting's database, cached while the variable is unchanged: reading settings takes a millisecond."""
    from pydantic import ValidationError

    from evaluation.settings import Settings

    try:
        return Settings().database
    except ValidationError as error:
        problems = "; ".join(
            f"BENCHWRIGHT_{'_'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()
        )
        raise ConfigurationError(f"a setting is wrong: {problems}", "Correct the variable, or unset it.") from None


def _begin_anew() -> None:
    """Reset the child of a fork: another thread of the parent may have held the lock."""
    global _lock
    _lock = Lock()
    _of_the_parent.extend(_recommenders.values())
    _recommenders.clear()


def _close_with_a_pool() -> None:
    """Close the recommenders of a child of `multiprocessing` too, which ends without the functions of `atexit`."""
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        multiprocessing.Finalize(None, close_recommenders, exitpriority=10)


atexit.register(close_recommenders)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
