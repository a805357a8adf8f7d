"""`benchwright selection outcome·recommendations`: what was recommended, and what came of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored

if TYPE_CHECKING:
    from evaluation.records import RecommendationRecord

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
    from deployments.cli.recommend.option_values import read_quality, read_seconds
    from deployments.cli.terminal.output import print_json
    from deployments.cli.terminal.tables import print_line
    from evaluation.errors import ConfigurationError
    from evaluation.store.recommendations import find_recommendation, report_outcome

    value, seconds = read_quality(quality, option="--quality"), read_seconds(latency, option="--latency")
    if value is None and seconds is None and ok is None:
        raise ConfigurationError("no outcome is reported", "Give --quality, --latency, --ok or --failed.")
    with open_stored(db) as store:
        found = find_recommendation(store, recommendation.strip())
        if found.candidate_key is None:
            raise ConfigurationError(
                f"recommendation {found.recommendation_id[:_ID_LETTERS]} named nobody, so that nothing came of it",
                "`benchwright selection recommendations` lists those that did.",
            )
        report_outcome(store, found.recommendation_id, quality=value, latency_s=seconds, ok=ok)
        now = find_recommendation(store, found.recommendation_id)
    if as_json:
        print_json({"id": now.recommendation_id, "candidate": now.candidate_label, "task": now.task, **_reported(now)})
        return
    said = ", ".join(f"{name} {value}" for name, value in _reported(now).items() if value is not None)
    print_line(f"{now.recommendation_id}: {now.candidate_label} for {now.task or 'all tasks'}: {said}")


def recommendations(
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Only for this task.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="Show the newest N.")] = _USUAL_ROWS,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List recommendations, newest first, with their reported outcomes."""
    from deployments.cli.terminal.output import print_json, print_status
    from deployments.cli.terminal.tables import print_table
    from evaluation.store.recommendations import list_recommendations

    with open_stored(db) as store:
        newest_last = list_recommendations(store, task=task, limit=limit, with_prompts=False)
    found = newest_last[::-1]
    if as_json:
        print_json([_as_json(one) for one in found])
    elif found:
        columns = ("id", "recommended", "task", "candidate", "decided by", "quality", "seconds", "of use")
        print_table(columns, [_row(one) for one in found])
    else:
        of_task = "" if task is None else f" for the task {task!r}"
        print_status(f"nothing was recommended{of_task} yet; `benchwright recommend --task TASK` does it")


def _row(found: "RecommendationRecord") -> tuple[object, ...]:
    from deployments.cli.terminal.tables import moment

    return (
        found.recommendation_id[:_ID_LETTERS],
        moment(found.created_at),
        found.task or "all tasks",
        found.candidate_label or "nobody",
        found.decided_by,
        found.quality,
        found.latency_s,
        found.ok,
    )


def _as_json(found: "RecommendationRecord") -> dict[str, Any]:
    return {
        "id": found.recommendation_id,
        "task": found.task,
        "candidate": found.candidate_label,
        "decided_by": found.decided_by,
        "created_at": found.created_at.isoformat(),
        **_reported(found),
    }


def _reported(found: "RecommendationRecord") -> dict[str, Any]:
    return {"quality": found.quality, "latency_s": found.latency_s, "ok": found.ok}
