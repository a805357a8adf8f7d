"""The `benchwright traffic` commands: production calls, recorded by applications or imported from their logs."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_stored
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import moment, print_line, print_table
from deployments.cli.traffic.deletion import forget
from deployments.cli.traffic.grading import grade
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted, seconds
from evaluation.records.traffic_calls import TrafficCall
from evaluation.traffic_import import import_traffic

if TYPE_CHECKING:
    from evaluation.store.traffic import TrafficCount

traffic = typer.Typer(
    no_args_is_help=True, help="Production calls: list what was recorded, import logs, grade, delete."
)
traffic.command("grade")(grade)
traffic.command("forget")(forget)

_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


@traffic.command("list")
def list_all(
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only this task.")] = None,
    candidate: Annotated[str | None, typer.Option("--candidate", metavar="NAME", help="Only this candidate.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="24h|7d|DATE", help="Calls since then; default: all.")
    ] = None,
    calls: Annotated[
        int | None,
        typer.Option("--calls", metavar="N", min=1, help="Show the newest N calls one by one, with their steps."),
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="With --calls: only those that failed.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Summarise calls by candidate and task, or list single calls."""
    from evaluation.store.traffic import count_traffic, list_traffic

    if failed and calls is None:
        raise ConfigurationError("--failed needs --calls", "Add --calls 20.")
    filters: dict[str, Any] = {"task": task, "candidate": candidate, "since": read_since(since)}
    with open_stored(db) as store:
        single = list_traffic(store, ok=False if failed else None, limit=calls, **filters) if calls else ()
        counts = () if calls else count_traffic(store, **filters)
    if as_json:
        print_json([_call_as_json(call) for call in single] if calls else [_count_as_json(count) for count in counts])
    elif single:
        _print_calls(single)
    elif counts:
        _print_counts(counts)
    elif any(value is not None for value in filters.values()) or failed:
        print_status("no matching calls")
    else:
        print_status(
            "no calls are recorded; applications record theirs with `evaluation.traffic`, and `benchwright traffic "
            "import FILE` imports a log"
        )


@traffic.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSONL, one call a line.")],
    keep_texts: Annotated[bool, typer.Option("--keep-texts", help="Store input and output too.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import calls from a log: the whole file, or nothing if a line is wrong.

    A line's fields: task, candidate, started_at, duration_s; if known ok, error_type, prompt_tokens, output_tokens,
    stages, id, input, output.
    """
    with open_results(db) as store:
        made = import_traffic(store, file, keep_texts=keep_texts)
    for note in made.notes:
        print_status(f"note: {note}")
    n_new = made.record.n_calls if made.is_new else 0
    if as_json:
        fields = {"id": made.record.import_id, "source": made.record.source, "n_lines": made.n_lines}
        print_json(fields | {"n_new": n_new, "is_new": made.is_new, "notes": list(made.notes)})
    elif not made.is_new:
        print_line(f"{file}: this file was imported already, with {counted(made.record.n_calls, 'call')}")
    else:
        already_here = f", {made.n_lines - n_new:,} already present" if n_new < made.n_lines else ""
        print_line(f"{file}: {counted(n_new, 'new call')}{already_here}")


def read_since(text: str | None) -> datetime | None:
    """Return the time given as `24h`, `7d`, `2w`, a date or a time.

    Without a time zone it is local time.
    """
    if text is None:
        return None
    try:
        if match := re.fullmatch(r"([0-9]{1,6})([hdw])", text.strip()):
            return datetime.now(UTC) - timedelta(hours=int(match[1]) * _HOURS[match[2]])
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ConfigurationError(f"--since {text!r} is not a time", "For example 24h, 7d or 2026-05-04.") from None


def _print_counts(counts: "tuple[TrafficCount, ...]") -> None:
    print_table(
        ("task", "candidate", "calls", "failed", "refused", "mean time", "tokens in", "tokens out", "first", "last"),
        [
            (
                count.task,
                None if count.n_refused else count.candidate,
                count.n_calls,
                None if count.n_refused else count.n_failed,
                count.n_refused,
                seconds(count.mean_duration_s),
                count.prompt_tokens,
                count.output_tokens,
                moment(count.first_at),
                moment(count.last_at),
            )
            for count in counts
        ],
    )


def _print_calls(calls: tuple[TrafficCall, ...]) -> None:
    print_table(
        ("started", "task", "candidate", "ended", "time", "tokens in", "tokens out", "steps"),
        [
            (
                moment(call.started_at),
                call.task,
                None if call.refusal else call.candidate,
                _ending(call),
                seconds(call.duration_s),
                call.prompt_tokens,
                call.output_tokens,
                [f"{stage.name} {seconds(stage.duration_s)}" for stage in call.stages],
            )
            for call in calls
        ],
    )


def _ending(call: TrafficCall) -> str:
    if call.refusal is not None:
        return f"refused: {call.refusal}"
    return "ok" if call.ok else call.error_type or "failed"


def _count_as_json(count: "TrafficCount") -> dict[str, Any]:
    return {
        "task": count.task,
        "candidate": count.candidate,
        "n_calls": count.n_calls,
        "n_failed": count.n_failed,
        "n_refused": count.n_refused,
        "mean_duration_s": count.mean_duration_s,
        "prompt_tokens": count.prompt_tokens,
        "output_tokens": count.output_tokens,
        "first_at": count.first_at.isoformat(),
        "last_at": count.last_at.isoformat(),
    }


def _call_as_json(call: TrafficCall) -> dict[str, Any]:
    return asdict(call) | {"started_at": call.started_at.isoformat()}
