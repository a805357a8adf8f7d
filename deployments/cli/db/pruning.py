"""The `benchwright db prune` command: delete old data that is no longer needed, and reclaim its disk space."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.terminal.confirmation import confirm
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import in_words, moment, print_line
from evaluation.errors import ConfigurationError, StoreError
from evaluation.formatting import counted, size

if TYPE_CHECKING:
    from evaluation.store.corpus_pruning import Leftovers
    from evaluation.store.pruning import PrunableRuns
    from evaluation.store.session import Store

_HOURS = {"h": 1, "d": 24, "w": 168}
_WORTH_IT = 0.1
"""The share of a file that must be free before it is written again although nothing was deleted."""


def prune(
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="For example 90d, 12w or 36h.")],
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="KIND",
            help="Delete also old runs that are otherwise kept: favourites, baselines, evidence, reviews, experiments, "
            "comparisons, searches (races, sweeps), notes.*",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be deleted, and exit.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete old runs, GPU samples, recommendations, alerts and production calls, after confirmation.

    Runs that ended earlier are deleted with all that belongs to them. Those that are still needed are kept, with the
    reason; running ones are always kept.

    A SQLite file shrinks; PostgreSQL reuses the space by itself. Options marked * may be repeated.
    """
    from evaluation.store.pruning import find_prunable
    from evaluation.store.pruning import prune as prune_store
    from evaluation.store.retention import read_retention_reasons
    from evaluation.store.vacuum import database_size, free_inside

    before = datetime.now(UTC) - read_age(older_than)
    kinds = read_retention_reasons(also or [])
    with open_stored(db) as store:
        old = find_prunable(store, before, also=kinds)
        n_bytes = database_size(store)
        result = {**_as_json(old), "size_bytes": n_bytes, "free_bytes": free_inside(store), "deleted": False}
        if not as_json or not (yes or dry_run):
            _say(old, f"size of the {_place(store)}", n_bytes, to_story=as_json)
        goes_on = not dry_run and (old.is_nothing or yes or confirm("Delete this?"))
        if goes_on:
            gone = prune_store(store, old, also=kinds)
            _tell_leftovers(gone.leftovers)
            result |= {
                **_as_json(gone),
                "deleted": not gone.is_nothing,
                **_give_back(store, is_asked=not gone.is_nothing),
            }
    if as_json:
        print_json(result)
    elif goes_on:
        _say_done(result, _place(store))
    elif not dry_run:
        print_status("nothing was deleted")


def read_age(text: str) -> timedelta:
    """Return the age in `90d`, `12w` or `36h`.

    Raises:
        ConfigurationError: it is none of these, zero, or longer than dates can express.
    """
    match = re.fullmatch(r"\s*([0-9]{1,6})\s*([hdw])\s*", text)
    hours = int(match[1]) * _HOURS[match[2]] if match else 0
    if not 0 < hours < 24 * 365 * 100:
        raise ConfigurationError(
            f"--older-than {text!r} is not an age", "Give hours, days or weeks, for example 36h, 90d or 12w."
        )
    return timedelta(hours=hours)


def _as_json(old: "PrunableRuns") -> dict[str, Any]:
    return {
        "before": old.before.isoformat(),
        "run_ids": list(old.run_ids),
        "n_runs": len(old.run_ids),
        "n_answers": old.n_answers,
        "n_gpu_samples": old.n_gpu_samples,
        "n_recommendations": old.n_recommendations,
        "n_calls": old.n_calls,
        "n_alerts": old.n_alerts,
        "n_staying": old.n_staying,
        "n_kept": {str(kept): n for kept, n in old.n_kept.items()},
    }


def _place(store: "Store") -> str:
    return "file" if store.dialect == "sqlite" else "database"


def _say(old: "PrunableRuns", name_of_size: str, n_bytes: int, *, to_story: bool) -> None:
    """Print what would be deleted, and what stays."""
    from evaluation.store.retention import WHY, RetentionReason

    lines = {
        "ended or created before": moment(old.before),
        "runs": in_words(len(old.run_ids)),
        "their answers": in_words(old.n_answers),
        "GPU samples": in_words(old.n_gpu_samples),
        "recommendations": in_words(old.n_recommendations),
        "production calls": in_words(old.n_calls),
        "resolved alerts": in_words(old.n_alerts),
        name_of_size: size(n_bytes),
        "old runs kept": in_words(old.n_staying),
        **{f"  {kept}": f"{n:,}: {WHY[kept]}" for kept, n in old.n_kept.items()},
    }
    for name, value in lines.items():
        (print_status if to_story else print_line)(f"{name:<20}  {value}")
    if any(kept is not RetentionReason.HELD for kept in old.n_kept):
        print_status("`--also` with such a word, for example `--also evidence`, deletes those too")


def _tell_leftovers(leftovers: "Leftovers") -> None:
    """Print how much of searches was deleted that no run refers to any more."""
    counts = {"passage": leftovers.n_passages, "index": leftovers.n_indexes, "embedding": leftovers.n_vectors}
    deleted = [counted(n, noun, "indexes" if noun == "index" else None) for noun, n in counts.items() if n]
    if deleted:
        print_status(f"deleted, as no run refers to them any more: {', '.join(deleted)}")


def _give_back(store: "Store", *, is_asked: bool) -> dict[str, Any]:
    """Return the size of the file afterwards, and why its free space was not released, if it was not."""
    from evaluation.store.pruning import is_anyone_at_work
    from evaluation.store.vacuum import database_size, free_inside, vacuum_file

    n_bytes, free = database_size(store), free_inside(store)
    reason = None
    if free and (is_asked or free >= _WORTH_IT * n_bytes):
        if is_anyone_at_work(store):
            reason = "a run is in progress and would be blocked; prune again when it has ended"
        else:
            try:
                vacuum_file(store)
            except StoreError as error:
                reason = error.message
    return {"size_bytes": database_size(store), "free_bytes": free_inside(store), "not_given_back": reason}


def _say_done(result: dict[str, Any], place: str) -> None:
    if result["deleted"]:
        counts = {
            "n_gpu_samples": "GPU sample",
            "n_recommendations": "recommendation",
            "n_alerts": "alert",
            "n_calls": "production call",
        }
        others = ", ".join(counted(result[name], noun) for name, noun in counts.items())
        runs = f"{counted(result['n_runs'], 'run')} with {counted(result['n_answers'], 'answer')}"
        print_line(f"deleted: {runs}, {others}")
    else:
        print_line("nothing was old enough to delete")
    print_line(f"the {place} has {size(result['size_bytes'])} now")
    if result["not_given_back"]:
        print_status(
            f"{size(result['free_bytes'])} inside it are free but were not returned to the disk: "
            f"{result['not_given_back']}"
        )
