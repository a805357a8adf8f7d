"""Pages of comparisons: the list, and one with its pairs, the cases on which they differ, and pictures."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.comparison_sections import comparison_sections
from deployments.api.pages.pair_answers import compared_answers
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.report_links import report_links
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, filled
from deployments.api.problems import ProblemError
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_comparison
from evaluation.comparisons.pair_flips import pair_flips
from evaluation.formatting import counted
from evaluation.records.experiments import ComparisonSummary
from evaluation.store.annotations import annotations
from evaluation.store.comparisons import comparison_summaries
from evaluation.store.runs import find_run

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
COMPARISONS_OF_A_PAGE = 50


@router.get("/comparisons")
def comparisons(
    request: Request,
    run: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List comparisons, the newest first; of one run where it is named."""
    with open_stored(None) as store:
        run_id = find_run(store, run).plan.run_id if run else None
        listed = comparison_summaries(store, limit=COMPARISONS_OF_A_PAGE + 1, run_id=run_id, before=before)
    shown = listed[:COMPARISONS_OF_A_PAGE]
    following = None
    if len(listed) > len(shown):
        older = address("/comparisons", run=run, before=shown[-1].comparison_id)
        following = Link(text="Older comparisons", address=older)
    return section_page(
        request,
        f"Comparisons of run {run_id[:8]}" if run_id else "Comparisons",
        filled(Section(table=comparison_table(shown))),
        up=Link(text="Run", address=f"/runs/{run_id}") if run_id else None,
        following=following,
        empty="This run was not compared yet." if run_id else "There are no comparisons.",
        next_step=f"`benchwright compare {run_id[:8] if run_id else 'RUN'}` compares the candidates of a run.",
    )


def comparison_table(listed: tuple[ComparisonSummary, ...]) -> Table:
    """Return comparisons as a table."""
    return Table(
        label="Comparisons",
        columns=("Comparison", "What it found", "Benchmark", "Runs", "Made"),
        rows=tuple(_row(each) for each in listed),
    )


def _row(each: ComparisonSummary) -> tuple[Cell, ...]:
    link = Link(text=each.comparison_id[:8], address=f"/comparisons/{each.comparison_id}")
    return link, each.sentence, each.benchmark, len(each.run_ids), each.created_at


@router.get("/comparisons/{comparison}")
def comparison(
    request: Request,
    comparison: str,
    first: Annotated[str, Query(max_length=1000)] = "",
    second: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Show a comparison: who is better first, then the numbers and the cases that decide; those of a pair on top."""
    result = load_comparison(comparison)
    _must_be_a_pair(first, second)
    with open_stored(None) as store:
        answers = compared_answers(store, result)
        chosen = pair_flips(store, result, first, second) if first else None
        notes = annotations(store, comparison_ids=[result.comparison_id])
    lead, *others = result.sentences or ("There is nothing to compare.",)
    by = f" by {result.by}" if result.by else ""
    return section_page(
        request,
        result.benchmark,
        filled(
            Section(lines=(*others, *(f"{note.author}: {note.text}" for note in notes))),
            *comparison_sections(result, answers, chosen=chosen),
        ),
        up=Link(text="Comparison", address="/comparisons"),
        about=f"{result.comparison_id} · {counted(len(result.sides), 'side')}{by}"
        + (f" · experiment {result.experiment}" if result.experiment else ""),
        lead=lead,
        choices=report_links("comparisons", result.comparison_id),
        empty="Nothing could be compared.",
    )


def _must_be_a_pair(first: str, second: str) -> None:
    """Check that two different sides are chosen, or none.

    Raises:
        ProblemError: 422, one is left out, or both are the same.
    """
    if bool(first) != bool(second):
        words = f"expected two sides, received {first or second!r} alone"
    elif first and first == second:
        words = f"expected two different sides, received {first!r} twice"
    else:
        return
    raise ProblemError(422, words, "Go back and choose another one.", kind="invalid")
