"""The result of a review as rows and as a page, with names."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluation.comparisons.preference_words import preference_rows
from evaluation.escaping import for_markdown
from evaluation.formatting import counted, p_value
from evaluation.pictures.numbers import plotted_number
from evaluation.reports.markdown_tables import as_markdown_table
from evaluation.results.estimates import shown_estimate
from evaluation.results.from_json import from_json
from evaluation.reviews.blinded_cases import as_cell
from evaluation.reviews.result_words import rater_words
from evaluation.stats.preference_ranking import PreferenceRanking

Row = dict[str, str]
_WIDEST, _NARROWEST = 44, 12
"""Letters of a line in a cell: Prefect's older pages break none, and cut off what does not fit."""
_PAGE_PX, _LETTER_PX, _EDGES_PX = 700, 8, 24
"""What a table has there in a window of 1,280; what a letter takes of it, and the edges of a column."""
Result = Mapping[str, Any]
_WORDS = {
    "krippendorff_alpha_ordinal": "Krippendorff's alpha",
    "weighted_kappa_quadratic": "weighted kappa",
    "raw_agreement": "equal ratings",
    "spearman": "Spearman's correlation",
    "same_side": "on the side of most people",
}


def score_rows(result: Result) -> list[Row]:
    """Return one row a candidate, the best first; empty where nothing is rated."""
    if result["kind"] == "preference":
        return preference_rows(from_json(PreferenceRanking, result["ranking"])) if result["ranking"] else []
    return [
        {
            "candidate": candidate["candidate"],
            **{name: shown_estimate(plotted_number(grade), digits=2) for name, grade in candidate["grades"].items()},
            "cases": f"{max((grade['n_cases'] for grade in candidate['grades'].values()), default=0):,}",
        }
        for candidate in result["candidates"]
    ]


def control_rows(result: Result) -> list[Row]:
    """Return the same on the random controls alone."""
    if result["kind"] == "preference":
        return _pair_rows(result["pairs_on_controls"])
    return [
        {
            "candidate": candidate["candidate"],
            **{name: shown_estimate(plotted_number(grade), digits=2) for name, grade in candidate["controls"].items()},
            "cases": f"{max(grade['n_cases'] for grade in candidate['controls'].values()):,}",
        }
        for candidate in result["candidates"]
        if candidate["controls"]
    ]


def pair_rows(result: Result) -> list[Row]:
    """Return one row for each two candidates, and each criterion."""
    if result["kind"] == "preference":
        return _pair_rows(result["pairs"])
    return [
        {
            "criterion": pair["criterion"],
            "ahead": pair["a"],
            "behind": pair["b"],
            "by": shown_estimate(plotted_number({**pair, "value": pair["difference"]}), digits=2),
            "p (Holm)": p_value(pair["p_adjusted"]),
            "cases": f"{pair['n_cases']:,}",
        }
        for pair in result["differences"]
    ]


def _pair_rows(pairs: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [
        {
            "candidate": pair["a"],
            "against": pair["b"],
            "better on": f"{pair['n_a']:,}",
            "worse on": f"{pair['n_b']:,}",
            "tied on": f"{pair['n_tied']:,}",
            "sign test": p_value(pair["p_value"]),
        }
        for pair in pairs
    ]


def agreement_rows(result: Result) -> list[Row]:
    """Return how far raters agree."""
    return [
        {
            "criterion": agreement["criterion"],
            "raters": ", ".join(agreement["raters"]),
            "measure": _WORDS.get(agreement["coefficient"], agreement["coefficient"]),
            "value": _value(agreement),
            "rated twice": f"{agreement['n_pairable']:,} of {agreement['n_cases']:,}",
        }
        for agreement in result["agreement"]
    ]


def metric_rows(result: Result) -> list[Row]:
    """Return how far metrics and judges agree with people."""
    return [
        {
            "metric": agreement["metric"],
            "measure": _WORDS.get(agreement["coefficient"], agreement["coefficient"]),
            "value": _value(agreement),
            "of": f"{agreement['n']:,}",
        }
        for agreement in result["metrics"]
    ]


def _value(agreement: Mapping[str, Any]) -> str:
    return (
        shown_estimate(plotted_number(agreement), digits=2)
        if agreement["value"] is not None
        else str(agreement["reason"])
    )


def item_rows(result: Result) -> list[Row]:
    """Return one row for each case and rater: what was said, and of whom."""
    return [
        {
            "case": f"{item['case']}",
            "id": item["case_id"],
            "shown": ", ".join(f"{output['letter']} = {output['candidate']}" for output in item["outputs"]),
            "rater": rating["rater"],
            "said": _rating_text(rating),
            "notes": rating["notes"],
            "picked": f"{item['picked']}: {item['why']}",
        }
        for item in result["items"]
        for rating in item["ratings"]
    ]


def _rating_text(rating: Mapping[str, Any]) -> str:
    if "grades" not in rating:
        return "tie" if rating["preferred"] is None else f"{rating['preferred']} is better"
    return "; ".join(
        f"{letter}: " + ", ".join(f"{name} {value}" for name, value in grades.items() if name != "candidate")
        for letter, grades in rating["grades"].items()
    )


def result_as_markdown(result: Result) -> str:
    """Return the result as one page."""
    tables: list[tuple[str, list[Row]]] = [
        ("By candidate", score_rows(result)),
        ("Pairs", pair_rows(result)),
        ("Random controls only", control_rows(result)),
        ("Do raters agree?", agreement_rows(result)),
        ("Do metrics and judges agree with people?", metric_rows(result)),
    ]
    parts = ["# Review", f"> {for_markdown(result['sentence'])}", _about(result)]
    parts += ["\n".join(f"- {for_markdown(note)}" for note in result["notes"])] if result["notes"] else []
    for title, rows in tables:
        if rows:
            parts += [f"## {title}", _table(rows)]
    parts += ["## Case by case", "\n".join(_case_lines(result))] if result["n_rated"] else []
    return "\n\n".join(parts) + "\n"


def fitting_width(rows: Sequence[Row]) -> int:
    """Return the letters in a line of a cell, so that the whole table is seen."""

    def width_px(most: int) -> int:
        longest = [max(len(column), *(min(most, len(row.get(column, ""))) for row in rows)) for column in rows[0]]
        return sum(_LETTER_PX * n + _EDGES_PX for n in longest)

    return next((most for most in range(_WIDEST, _NARROWEST, -1) if width_px(most) <= _PAGE_PX), _NARROWEST)


def _about(result: Result) -> str:
    runs = ", ".join(f"`{run_id}`" for run_id in result["run_ids"])
    picked = ", ".join(f"{n} {reason}" for reason, n in result["picked"].items())
    summary = (
        f"Review {result['review_id']} of {result['benchmark']} · {counted(result['n_items'], 'case')} ({picked}) · "
        f"rated by {rater_words(result)} · 95 % intervals over cases"
    )
    return f"{for_markdown(summary)} · runs {runs}"


def _case_lines(result: Result) -> Iterator[str]:
    """For each case what was shown as what, and below it what each rater said: lines, which break on any page."""
    for item in result["items"]:
        shown = "; ".join(f"{output['letter']} = {output['candidate']}" for output in item["outputs"])
        yield f"- **Case {item['case']}**, {for_markdown(item['case_id'])}: {for_markdown(shown)}. {_picked(item)}"
        for rating in item["ratings"]:
            notes = f". Notes: {rating['notes']}" if rating["notes"] else ""
            yield f"    - {for_markdown(rating['rater'])}: {for_markdown(_rating_text(rating) + notes)}"


def _picked(item: Mapping[str, Any]) -> str:
    return f"*{for_markdown(item['picked'])}: {for_markdown(item['why'])}*"


def _table(rows: Sequence[Row]) -> str:
    columns, width = list(rows[0]), fitting_width(rows)
    titles = {column: for_markdown(column) for column in columns}
    return as_markdown_table(
        list(titles.values()),
        [{titles[name]: as_cell(row.get(name, ""), width=width) for name in columns} for row in rows],
    )
