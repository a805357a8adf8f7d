"""A sweep as one page of Markdown."""

from collections.abc import Sequence

from evaluation.escaping import for_markdown
from evaluation.reports.album import Album, Picture
from evaluation.reports.markdown_tables import markdown_table
from evaluation.reports.sweeps.findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweeps.pictures import combination_picture, level_picture
from evaluation.reports.sweeps.tables import caption, combination_rows, effect_rows, level_rows
from evaluation.results.sweeps import SweepResult


def sweep_as_markdown(sweep: SweepResult, *, pictures: Sequence[Picture | None] = (), links: str = "") -> str:
    """Return the whole report as one page.

    Args:
        sweep: As it is stored.
        pictures: Beside its own, what else is shown.
        links: Markdown that leads to what belongs to it.
    """
    parts = [f"# Sweep on {for_markdown(sweep.benchmark)}", for_markdown(caption(sweep)) + "."]
    parts += [for_markdown(sentence) for sentence in sweep_sentences(sweep)]
    parts += [links] if links else []
    album = Album()
    for picture in (*_own_pictures(sweep), *pictures):
        parts += album.show(picture)
    for title, rows in _tables(sweep):
        if rows:
            parts += [f"## {title}", markdown_table(rows)]
    parts += [for_markdown(line) for line in other_metric_lines(sweep)]
    parts.append(f"Run `{sweep.run_id}`.")
    return "\n\n".join(parts) + "\n"


def _own_pictures(sweep: SweepResult) -> list[Picture | None]:
    metrics = sweep.metrics[:1]
    return [draw(metric) for metric in metrics for draw in (level_picture, combination_picture)]


def _tables(sweep: SweepResult) -> list[tuple[str, list[dict[str, str]]]]:
    if not sweep.metrics:
        return []
    metric = sweep.metrics[0]
    return [
        ("Parameters", effect_rows(metric)),
        ("Values", level_rows(metric)),
        ("Combinations", combination_rows(metric, limit=50)),
    ]
