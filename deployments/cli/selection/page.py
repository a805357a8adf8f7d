"""Selection on the terminal: the deciding model, each task's scoreboard, and outcomes of recommendations."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from deployments.cli.terminal.tables import moment, print_table
from evaluation.errors import as_sentence
from evaluation.records.selection import Promotion, SelectionModelRecord
from evaluation.results.as_json import from_json
from selection.pages.retraining import gain_in_points
from selection.retraining import GainResult
from selection.scoreboard import Scoreboard, TaskStanding

if TYPE_CHECKING:
    from selection.analytics.analysis import Analytics
    from selection.learning.deciding_model import Deciding


def model_name(model: SelectionModelRecord) -> str:
    """Return the model's kind and version, such as `ridge 7`."""
    return f"{model.kind} {model.version}"


def champion_line(decides: "Deciding") -> str:
    """Return which model decides, since when, and why.

    If the promoted model cannot be read, the line names what decides instead.
    """
    champion = decides.promoted
    if champion.model is None:
        return f"The scoreboard decides alone: {as_sentence(champion.reason)}"
    name, since = model_name(champion.model), moment(champion.since)
    if not decides.notes:
        return f"{name} decides, since {since}: {champion.reason}"
    instead = "the scoreboard decides alone" if decides.model is None else f"{model_name(decides.model)} decides"
    return (
        f"{name} was promoted {since} ({champion.reason}), but cannot be read, so {instead}. `benchwright retrain` "
        "trains another"
    )


def champion_lines(decides: "Deciding") -> list[str]:
    """Return the same, with the problems of models that cannot be read."""
    return [champion_line(decides), *(f"note: {note}" for note in decides.notes)]


def print_selection(
    decides: "Deciding", board: Scoreboard, standings: Sequence[TaskStanding], analytics: "Analytics"
) -> None:
    """Print what decides, a table for each task, and the outcomes of recommendations."""
    from selection.analytics.page import analytics_lines
    from selection.pages.scoreboard import (
        MEMORY_IS,
        NOT_READY,
        difference_lines,
        scoreboard_part_rows,
        scoreboard_rows,
        task_line,
    )

    first, *notes = champion_lines(decides)
    say_line(first, style="bold")
    for note in notes:
        say_line(note)
    for standing in standings:
        say_line()
        say_line(task_line(standing), style="bold")
        say_line()
        if rows := scoreboard_rows(board, standing):
            print_split_table(rows, words=[name for name in rows[0] if name in (MEMORY_IS, NOT_READY)])
        if parts := scoreboard_part_rows(board, standing):
            say_line("measured on each benchmark (cases)")
            say_line()
            print_split_table(parts, words=())
        for line in difference_lines(board, standing):
            say_line(line)
    say_line()
    for line in analytics_lines(analytics):
        say_line(line)


def print_history(models: Sequence[SelectionModelRecord], promotions: Sequence[Promotion], decides: "Deciding") -> None:
    """Print the models, newest first, then the promotions with their reasons."""
    decider = None if decides.model is None else decides.model.model_id
    promoted = None if decides.promoted.model is None else decides.promoted.model.model_id
    rows = []
    for model in models:
        held_out = model.report.get("held_out")
        stored = held_out.get("over_best_per_task") if isinstance(held_out, Mapping) else None
        gain = gain_in_points(None if stored is None else from_json(GainResult, stored))
        mark = "decides" if model.model_id == decider else "cannot be read" if model.model_id == promoted else ""
        rows.append((model.version, model.model_id[:7], model.kind, model.status, moment(model.created_at), gain, mark))
    if rows:
        print_table(("model", "id", "kind", "status", "trained", "points over best per task", ""), rows)
    if promotions:
        versions = {model.model_id: model_name(model) for model in models}
        print_table(
            ("when", "decides from then on", "reason"),
            [(moment(promotion.created_at), _who(promotion, versions), promotion.reason) for promotion in promotions],
        )


def _who(promotion: Promotion, versions: dict[str, str]) -> str:
    if promotion.model_id is None:
        return "the scoreboard alone"
    return versions[promotion.model_id]


def model_as_json(model: SelectionModelRecord | None) -> dict[str, Any] | None:
    """Return a model with its metrics and its report; None where there is none."""
    if model is None:
        return None
    return {
        "id": model.model_id,
        "version": model.version,
        "kind": model.kind,
        "status": model.status,
        "data_hash": model.data_hash,
        "code_version": model.code_version,
        "metrics": dict(model.metrics),
        "report": dict(model.report),
        "created_at": model.created_at.isoformat(),
    }


def champion_as_json(decides: "Deciding") -> dict[str, Any]:
    """Return the promoted model and the one that decides."""
    champion = decides.promoted
    return {
        "promotion_id": champion.promotion_id,
        "model": model_as_json(champion.model),
        "reason": champion.reason,
        "since": None if champion.since is None else champion.since.isoformat(),
        "decides": None if decides.model is None else decides.model.model_id,
        "notes": list(decides.notes),
    }
