"""The `benchwright selection outcome|recommendations` commands: past recommendations and their outcomes."""

from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.recommend.option_values import read_quality, read_seconds
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import moment, print_line, print_table
from evaluation.errors import ConfigurationError
from evaluation.records.selection import RecommendationRecord

_ID_LETTERS = 12
_USUAL_ROWS = 20


def outcome(
    recommendation: Annotated[
        str, typer.Argument(metavar="ID", help="A recommendation's id, the beginning of one, or `last`.")
    ],
    quality: Annotated[
        str | None, typer.Option("--quality", metavar="80%", help="How good the answer was: 80% or 0.8.")
    ] = None,
    latency: Annotated[
        str | None, typer.Option("--latency", metavar="1.2s", help="The time that the answer took.")
    ] = None,
    ok: Annotated[bool | None, typer.Option("--ok/--failed", help="Whether the answer was useful.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report the outcome of a recommendation."""
    from evaluation.store.recommendations import find_recommendation, report_outcome

    value, seconds = read_quality(quality, option="--quality"), read_seconds(latency, option="--latency")
    if value is None and seconds is None and ok is None:
        raise ConfigurationError("no outcome was given", "Give --quality, --latency, --ok or --failed.")
    with open_stored(db) as store:
        record = find_recommendation(store, recommendation.strip())
        if record.candidate_key is None:
            raise ConfigurationError(
                f"recommendation {record.recommendation_id[:_ID_LETTERS]} abstained, so it has no outcome",
                "`benchwright selection recommendations` lists those that named a candidate.",
            )
        report_outcome(store, record.recommendation_id, quality=value, latency_s=seconds, ok=ok)
        now = find_recommendation(store, record.recommendation_id)
    if as_json:
        print_json({"id": now.recommendation_id, "candidate": now.candidate_label, "task": now.task, **_reported(now)})
        return
    reported = ", ".join(f"{name} {value}" for name, value in _reported(now).items() if value is not None)
    print_line(f"{now.recommendation_id}: {now.candidate_label} for {now.task or 'all tasks'}: {reported}")


def recommendations(
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only for this task.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show the newest N.")] = _USUAL_ROWS,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List recommendations, newest first, with their reported outcomes."""
    from evaluation.store.recommendations import list_recommendations

    with open_stored(db) as store:
        newest_last = list_recommendations(store, task=task, limit=limit, with_prompts=False)
    records = newest_last[::-1]
    if as_json:
        print_json([_as_json(record) for record in records])
    elif records:
        columns = ("id", "recommended", "task", "candidate", "decided by", "quality", "seconds", "useful")
        print_table(columns, [_row(record) for record in records])
    else:
        of_task = "" if task is None else f" for the task {task!r}"
        print_status(f"no recommendations{of_task} yet; `benchwright recommend --task TASK` makes one")


def _row(record: RecommendationRecord) -> tuple[object, ...]:
    return (
        record.recommendation_id[:_ID_LETTERS],
        moment(record.created_at),
        record.task or "all tasks",
        record.candidate_label or "nobody",
        record.decided_by,
        record.quality,
        record.latency_s,
        record.ok,
    )


def _as_json(record: RecommendationRecord) -> dict[str, Any]:
    return {
        "id": record.recommendation_id,
        "task": record.task,
        "candidate": record.candidate_label,
        "decided_by": record.decided_by,
        "created_at": record.created_at.isoformat(),
        **_reported(record),
    }


def _reported(record: RecommendationRecord) -> dict[str, Any]:
    return {"quality": record.quality, "latency_s": record.latency_s, "ok": record.ok}
