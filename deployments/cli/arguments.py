"""Options that many commands share, and the store and settings behind them."""

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.database_creation import open_or_make
from evaluation.errors import ConfigurationError
from evaluation.providers import PROVIDERS
from tasks.block_names import BLOCK

if TYPE_CHECKING:
    from evaluation.settings import Settings
    from evaluation.store.session import KeptStore, Store

DatabaseOption = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Results database: a path or a URL.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
EndpointsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint", metavar="URL|NAME|pool:NAME", help="A model server to use; may be repeated.", show_default=False
    ),
]

FieldsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--field", metavar="OURS=THEIRS", help="The column of a benchmark file that holds a field: prompt=question.*"
    ),
]
IgnoredFieldsOption = Annotated[
    list[str] | None, typer.Option("--ignore-field", metavar="NAME", help="A field of a benchmark file to ignore.*")
]
JudgesOption = Annotated[
    list[str] | None, typer.Option("--judge", metavar="MODEL[@ENDPOINT]", help="A model that judges the answers.*")
]
EmbedderOption = Annotated[
    str | None, typer.Option("--embedder", metavar="MODEL[@ENDPOINT]", help="The model that embeds texts for metrics.")
]
SandboxOption = Annotated[
    str | None,
    typer.Option("--sandbox", metavar="weak", help="Accept a weaker sandbox if bubblewrap is not installed."),
]
SlotsOption = Annotated[
    int | None, typer.Option("--slots", metavar="N", help="Concurrent requests per server; default 1.")
]
GpuTagOption = Annotated[
    str | None, typer.Option("--gpu-tag", metavar="T", help="Name of the GPU behind the endpoints.")
]
ProviderOption = Annotated[
    str | None, typer.Option("--provider", metavar="P", help=f"{' or '.join(PROVIDERS)}; default: detected.")
]
RemoteOption = Annotated[
    bool, typer.Option("--allow-remote", help="Allow models that run on somebody else's machines.")
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", metavar="S", help="Time limit of one attempt; default 300.")
]
FavouriteOption = Annotated[
    bool | None, typer.Option("--favourite/--no-favourite", help="Mark it as a favourite, or unmark it.")
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file to write; default: print.")]
PricesOption = Annotated[
    Path | None,
    typer.Option(
        "--prices", metavar="FILE|block:NAME", help="File of prices by model, for cost_usd; default BENCHWRIGHT_PRICES."
    ),
]


def read_price_file(file: Path | None) -> dict[str, Any] | None:
    """Return the content of the file or block of `--prices`; None where none is named."""
    from evaluation.requests.prices import read_prices

    if file is not None and str(file).startswith(BLOCK):
        from deployments.cli.blocks_in_use import prices_of_block

        return prices_of_block(str(file).removeprefix(BLOCK))
    return None if file is None else read_prices(file).content


def usual_prices() -> dict[str, Any]:
    """Return the request field with the prices of the file in the setting; empty where it names none."""
    prices = read_price_file(read_settings().prices)
    return {} if prices is None else {"prices": prices}


def read_settings() -> "Settings":
    """Return the settings in `BENCHWRIGHT_…` variables.

    Raises:
        ConfigurationError: a variable has an invalid value, which is not shown.
    """
    from pydantic import ValidationError

    from evaluation.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"BENCHWRIGHT_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()
        )
        raise ConfigurationError(f"invalid setting: {problems}", "Correct the variable, or unset it.") from None


def database_url(db: str | None) -> str | None:
    """Return the requested database: from `--db`, the setting, or the block, in this order; None: the default one."""
    if db is not None or (db := read_settings().database) is not None:
        return db
    from deployments.cli.blocks_in_use import database_of_block

    return database_of_block()


KEPT_OPEN: "ContextVar[KeptStore | None]" = ContextVar("kept_open", default=None)
"""Store that a server keeps open, used here where none is named; None: the store is opened for each command."""


def open_results(db: str | None) -> "Store":
    """Open the store of a command, creating it where there is none yet."""
    if db is None and (kept := KEPT_OPEN.get()) is not None:
        return kept
    return open_or_make(database_url(db), typed=db)


def open_stored(db: str | None) -> "Store":
    """Open the existing store of a command.

    Raises:
        StoreError: it was named and does not exist.
    """
    from evaluation.store.session import must_be_there, open_store

    if db is None and (kept := KEPT_OPEN.get()) is not None:
        return kept
    if (url := database_url(db)) is not None:
        must_be_there(url)
    return open_store(url)


def open_to_list(db: str | None) -> "Store":
    """Open the store of a command that also lists what comes with the program.

    Raises:
        StoreError: the database of `--db` does not exist.
    """
    return open_results(None) if db is None else open_stored(db)


def accept_sandbox(sandbox: str | None) -> None:
    """Allow this process to run programs with the weaker isolation that its user accepts.

    Raises:
        ConfigurationError: there is no isolation of that name.
    """
    if sandbox is None:
        return
    if sandbox != "weak":
        raise ConfigurationError(
            f"invalid --sandbox {sandbox!r}; allowed: weak", "Leave it out if bubblewrap is installed."
        )
    os.environ["BENCHWRIGHT_SANDBOX"] = sandbox
