"""The result of a review, with candidate names, as rows and as a page."""

from collections.abc import Iterator, Mapping, Sequence

from evaluation.comparisons.preference_words import preference_rows
from evaluation.escaping import for_markdown
from evaluation.formatting import counted, p_value
from evaluation.reports.markdown_tables import as_markdown_table
from evaluation.results.estimates import shown_estimate
from evaluation.results.reviews import (
    ItemRating,
    MetricAgreement,
    PairPreference,
    PreferenceFindings,
    PreferenceGiven,
    ReviewedCase,
    ReviewResult,
)
from evaluation.reviews.blinded_cases import as_cell
from evaluation.reviews.result_words import rater_words
from evaluation.scores import Estimate
from evaluation.stats.agreement import Agreement

Row = dict[str, str]
_WIDEST, _NARROWEST = 44, 12
"""Widest and narrowest line of a cell, in characters: Prefect's older pages do not wrap, and cut off wider text."""
_PAGE_PX, _LETTER_PX, _EDGES_PX = 700, 8, 24
"""Width of a table in pixels in a window of 1,280, width of a character in it, and of a column's edges."""
_WORDS = {
    "krippendorff_alpha_ordinal": "Krippendorff's alpha",
    "weighted_kappa_quadratic": "weighted kappa",
    "raw_agreement": "equal ratings",
    "spearman": "Spearman's correlation",
    "same_side": "on the side of most people",
}


def result_tables(result: ReviewResult) -> dict[str, list[Row]]:
    """Return the tables of a result by title, without empty ones."""
    tables = {
        "By candidate, with 95 % intervals over cases": score_rows(result),
        "Pairs": pair_rows(result),
        "Random controls only": control_rows(result),
        "Do raters agree?": agreement_rows(result),
        "Do metrics and judges agree with people?": metric_rows(result),
    }
    return {title: rows for title, rows in tables.items() if rows}


def score_rows(result: ReviewResult) -> list[Row]:
    """Return one row per candidate, the best first; empty where nothing is rated."""
    findings = result.findings
    if isinstance(findings, PreferenceFindings):
        return preference_rows(findings.ranking) if findings.ranking else []
    return [_grade_row(graded.candidate, graded.grades) for graded in findings.candidates]


def _grade_row(candidate: str, grades: Mapping[str, Estimate]) -> Row:
    return {
        "candidate": candidate,
        **{name: shown_estimate(grade, digits=2) for name, grade in grades.items()},
        "cases": f"{max((grade.n_cases for grade in grades.values()), default=0):,}",
    }


def control_rows(result: ReviewResult) -> list[Row]:
    """Return the rows computed on the random controls alone."""
    findings = result.findings
    if isinstance(findings, PreferenceFindings):
        return _pair_rows(findings.pairs_on_controls)
    return [_grade_row(graded.candidate, graded.controls) for graded in findings.candidates if graded.controls]


def pair_rows(result: ReviewResult) -> list[Row]:
    """Return one row per pair of candidates and criterion."""
    findings = result.findings
    if isinstance(findings, PreferenceFindings):
        return _pair_rows(findings.pairs)
    return [
        {
            "criterion": pair.criterion,
            "candidate": pair.a,
            "against": pair.b,
            "difference": shown_estimate(pair, digits=2),
            "p (Holm)": p_value(pair.p_adjusted),
            "cases": f"{pair.n_cases:,}",
        }
        for pair in findings.differences
    ]


def _pair_rows(pairs: Sequence[PairPreference]) -> list[Row]:
    return [
        {
            "candidate": pair.a,
            "against": pair.b,
            "better on": f"{pair.n_a:,}",
            "worse on": f"{pair.n_b:,}",
            "tied on": f"{pair.n_tied:,}",
            "sign test": p_value(pair.p_value),
        }
        for pair in pairs
    ]


def agreement_rows(result: ReviewResult) -> list[Row]:
    """Return one row per agreement among raters."""
    return [
        {
            "criterion": row.criterion,
            "raters": ", ".join(row.raters),
            "measure": _WORDS.get(row.agreement.coefficient, row.agreement.coefficient),
            "value": _value(row.agreement),
            "rated twice": f"{row.agreement.n_pairable:,} of {row.agreement.n_cases:,}",
        }
        for row in result.findings.agreement
    ]


def metric_rows(result: ReviewResult) -> list[Row]:
    """Return one row per agreement of a metric or judge with people."""
    return [
        {
            "metric": agreement.metric,
            "measure": _WORDS.get(agreement.coefficient, agreement.coefficient),
            "value": _value(agreement),
            "of": f"{agreement.n:,}",
        }
        for agreement in result.findings.metrics
    ]


def _value(agreement: Agreement | MetricAgreement) -> str:
    return shown_estimate(agreement, digits=2) if agreement.value is not None else str(agreement.reason)


def item_rows(result: ReviewResult) -> list[Row]:
    """Return one row per case and rater: what was said, and about which candidates."""
    return [
        {
            "case": f"{item.case}",
            "id": item.case_id,
            "shown": ", ".join(f"{output.letter} = {output.candidate}" for output in item.outputs),
            "rater": rating.rater,
            "said": _rating_text(rating),
            "notes": rating.notes,
            "picked": f"{item.picked}: {item.why}",
        }
        for item in result.items
        for rating in item.ratings
    ]


def _rating_text(rating: ItemRating) -> str:
    judgement = rating.judgement
    if isinstance(judgement, PreferenceGiven):
        return "tie" if judgement.preferred is None else f"{judgement.preferred} is better"
    return "; ".join(
        f"{letter}: " + ", ".join(f"{name} {value}" for name, value in output.by_criterion.items())
        for letter, output in judgement.grades.items()
    )


def result_as_markdown(result: ReviewResult) -> str:
    """Return the result of a review as one page."""
    tables: list[tuple[str, list[Row]]] = [
        ("By candidate", score_rows(result)),
        ("Pairs", pair_rows(result)),
        ("Random controls only", control_rows(result)),
        ("Do raters agree?", agreement_rows(result)),
        ("Do metrics and judges agree with people?", metric_rows(result)),
    ]
    parts = ["# Review", f"> {for_markdown(result.sentence)}", _about(result)]
    parts += ["\n".join(f"- {for_markdown(note)}" for note in result.notes)] if result.notes else []
    for title, rows in tables:
        if rows:
            parts += [f"## {title}", _table(rows)]
    parts += ["## Case by case", "\n".join(_case_lines(result))] if result.n_rated else []
    return "\n\n".join(parts) + "\n"


def fitting_width(rows: Sequence[Row]) -> int:
    """Return the number of characters per line of a cell for which the whole table fits the page."""

    def width_px(most: int) -> int:
        longest = [max(len(column), *(min(most, len(row.get(column, ""))) for row in rows)) for column in rows[0]]
        return sum(_LETTER_PX * n + _EDGES_PX for n in longest)

    return next((most for most in range(_WIDEST, _NARROWEST, -1) if width_px(most) <= _PAGE_PX), _NARROWEST)


def _about(result: ReviewResult) -> str:
    runs = ", ".join(f"`{run_id}`" for run_id in result.run_ids)
    picked = ", ".join(f"{n} {reason}" for reason, n in result.picked.items())
    summary = (
        f"Review {result.review_id} of {result.benchmark} · {counted(result.n_items, 'case')} ({picked}) · "
        f"rated by {rater_words(result.raters)} · 95 % intervals over cases"
    )
    return f"{for_markdown(summary)} · runs {runs}"


def _case_lines(result: ReviewResult) -> Iterator[str]:
    """Return, for each case, which candidate was shown under which letter, and below it what each rater said.

    As lines, which wrap on any page.
    """
    for item in result.items:
        shown = "; ".join(f"{output.letter} = {output.candidate}" for output in item.outputs)
        yield f"- **Case {item.case}**, {for_markdown(item.case_id)}: {for_markdown(shown)}. {_picked(item)}"
        for rating in item.ratings:
            notes = f". Notes: {rating.notes}" if rating.notes else ""
            yield f"    - {for_markdown(rating.rater)}: {for_markdown(_rating_text(rating) + notes)}"


def _picked(item: ReviewedCase) -> str:
    return f"*{for_markdown(item.picked)}: {for_markdown(item.why)}*"


def _table(rows: Sequence[Row]) -> str:
    columns, width = list(rows[0]), fitting_width(rows)
    titles = {column: for_markdown(column) for column in columns}
    return as_markdown_table(
        list(titles.values()),
        [{titles[name]: as_cell(row.get(name, ""), width=width) for name in columns} for row in rows],
    )
