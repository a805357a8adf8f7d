"""A retraining for people: what became of it, what was learned on each task, and its worth on unseen prompts."""

from collections.abc import Mapping, Sequence

from evaluation.charts.kinds import Chart
from evaluation.errors import as_sentence
from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import counted, percent, points, score
from evaluation.reports.markdown_tables import as_markdown_table
from evaluation.reports.page_pictures import Album
from selection.retraining import BEST_PER_TASK, GainResult, Retraining, TrainingReport


def task_rows(report: TrainingReport) -> list[dict[str, str]]:
    """Return a row for each task and one for all.

    It names what decides there, and what each learner gained over naming the best.
    """
    return [
        {
            "task": row.task,
            "decides": "the best on the task" if row.learner == BEST_PER_TASK else row.learner,
            "cases": f"{row.n_cases:,}",
            "families": f"{row.n_families:,}",
            **{f"{name}, points": gain_in_points(row.gains.get(name)) for name in report.learners},
        }
        for row in report.rows
    ]


def gain_in_points(gain: GainResult | None) -> str:
    """Return text such as `+1.20 [0.31, 2.09]`; a point is a hundredth of quality."""
    if gain is None:
        return "–"
    value = points(gain.value, digits=2, signed=True)
    if gain.low is None or gain.high is None:
        return f"{value} [no interval]"
    return f"{value} [{points(gain.low, digits=2)}, {points(gain.high, digits=2)}]"


def held_out_lines(report: TrainingReport) -> list[str]:
    """Return the model's result on held-out families of prompts."""
    held_out = report.held_out
    if held_out is None:
        return ["No family of prompts could be held out: there are too few."]
    families = counted(held_out.n_families, "held-out family", "held-out families")
    over = f"{counted(held_out.n_cases, 'case')} of {families}"
    lines = [
        f"On {over}: mean quality {score(held_out.model)}; always the best single candidate "
        f"{score(held_out.best_single)}, "
        f"the best on each task {score(held_out.best_per_task)}, the best answer to each case "
        f"{score(held_out.oracle)}.",
        f"Gain over the best single candidate: {gain_in_points(held_out.over_single)} points; "
        f"over the best on each task: {gain_in_points(held_out.over_best_per_task)} points.",
    ]
    clauses = [f"the answer of the named candidate is the best one for {percent(held_out.top_1)} of the cases"]
    if held_out.oracle_share is not None:
        clauses.append(
            f"that is {percent(held_out.oracle_share)} of the way from the best single candidate to the best answer"
        )
    if held_out.calibration_error is not None:
        clauses.append(f"expectations are off by {points(held_out.calibration_error)} points on average")
    if (cap := held_out.cap) is not None:
        clauses.append(
            f"with a cap on the mean cost, {cap.n_violations:,} of {counted(cap.n_cases, 'choice')} exceed it as "
            f"expected, and the held-out answers take {percent(cap.held_out_over_cap)} of it"
        )
    return [*lines, f"{'; '.join(clauses).capitalize()}."]


def reason_lines(report: TrainingReport) -> list[str]:
    """Return the reason for each task's result."""
    of_tasks = [f"{row.task}: {as_sentence(row.reason)}" for row in report.tasks if row.reason != report.reason]
    return [f"All tasks: {as_sentence(report.reason)}", *of_tasks]


def retraining_as_markdown(result: Retraining, *, charts: Sequence[Chart | None] = (), links: str = "") -> str:
    """Return the retraining as one page.

    Args:
        result: What became of it.
        charts: Charts of it.
        links: Markdown that leads to what belongs to it.
    """
    album = Album()
    parts = ["# Retraining", f"> {for_markdown(result.sentence)}"]
    parts += [f"- {for_markdown(note)}" for note in result.notes]
    report = result.report
    if report is not None:
        parts += [links, *(mark for chart in charts for mark in album.show(chart)), *album.remark()]
        parts += ["## By task", _table(task_rows(report)), *map(for_markdown, reason_lines(report))]
        parts += ["## On unseen prompts", *map(for_markdown, held_out_lines(report))]
    parts.append(_source(result))
    return album.placed("\n\n".join(part for part in parts if part) + "\n")


def _source(result: Retraining) -> str:
    parts = [f"evidence {as_markdown_code(result.evidence_fingerprint[:12])}"]
    parts.append(counted(result.n_rows, "scored answer"))
    if result.model_id is not None:
        parts.append(f"model {as_markdown_code(result.model_id)}")
    return " · ".join(parts)


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return "Nothing was measured on any task."
    columns = [for_markdown(name) for name in rows[0]]
    escaped = [{for_markdown(name): for_markdown(text) for name, text in row.items()} for row in rows]
    return as_markdown_table(columns, escaped)
