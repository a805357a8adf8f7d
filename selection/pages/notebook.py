"""A recommendation and a scoreboard as HTML tables for notebooks, with the same content as in the terminal."""

from evaluation.reports.notebook_parts import heading, html_of, page, paragraph, table
from selection.answers import Recommendation
from selection.pages.recommendation import candidate_rows, difference_lines, part_rows, removed_lines
from selection.pages.scoreboard import difference_lines as scoreboard_difference_lines
from selection.pages.scoreboard import scoreboard_part_rows, scoreboard_rows, task_line
from selection.scoreboard import Scoreboard, TaskStanding

__all__ = ["html_of"]


@html_of.register
def _recommendation(result: Recommendation) -> str:
    told = [*difference_lines(result), *removed_lines(result), *(f"note: {note}" for note in result.notes)]
    return page(
        heading(result.reason),
        table(candidate_rows(result, percentile=result.percentile)),
        table(part_rows(result)),
        paragraph([*told, f"decided by {result.decided_by}", f"recommendation {result.id}"]),
    )


@html_of.register
def _scoreboard(result: Scoreboard) -> str:
    parts = [_standing(result, standing) for standing in result.standings.values()]
    return page(*(parts or [heading("Nothing is measured yet.")]))


def _standing(board: Scoreboard, standing: TaskStanding) -> str:
    parts, differences = scoreboard_part_rows(board, standing), scoreboard_difference_lines(board, standing)
    return (
        heading(task_line(standing)) + table(scoreboard_rows(board, standing)) + table(parts) + paragraph(differences)
    )
