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
    """One row a candidate, the best first; empty where nothing is rated."""
    if result["kind"] == "preference":
        return preference_rows(from_json(PreferenceRanking, result["ranking"])) if result["ranking"] else []
    return [
        {
            "candidate": one["candidate"],
            **{name: shown_estimate(plotted_number(grade), digits=2) for name, grade in one["grades"].items()},
            "cases": f"{max((grade['n_cases'] for grade in one['grades'].values()), default=0):,}",
        }
        for one in result["candidates"]
    ]


def control_rows(result: Result) -> list[Row]:
    """The same on the random controls alone."""
    if result["kind"] == "preference":
        return _pair_rows(result["pairs_on_controls"])
    return [
        {
            "candidate": one["candidate"],
            **{name: shown_estimate(plotted_number(grade), digits=2) for name, grade in one["controls"].items()},
            "cases": f"{max(grade['n_cases'] for grade in one['controls'].values()):,}",
        }
        for one in result["candidates"]
        if one["controls"]
    ]


def pair_rows(result: Result) -> list[Row]:
    """One row for each two candidates, and each criterion."""
    if result["kind"] == "preference":
        return _pair_rows(result["pairs"])
    return [
        {
            "criterion": one["criterion"],
            "ahead": one["a"],
            "behind": one["b"],
            "by": shown_estimate(plotted_number({**one, "value": one["difference"]}), digits=2),
            "p (Holm)": p_value(one["p_adjusted"]),
            "cases": f"{one['n_cases']:,}",
        }
        for one in result["differences"]
    ]


def _pair_rows(pairs: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [
        {
            "candidate": one["a"],
            "against": one["b"],
            "better on": f"{one['n_a']:,}",
            "worse on": f"{one['n_b']:,}",
            "tied on": f"{one['n_tied']:,}",
            "sign test": p_value(one["p_value"]),
        }
        for one in pairs
    ]


def agreement_rows(result: Result) -> list[Row]:
    """How far raters agree."""
    return [
        {
            "criterion": one["criterion"],
            "raters": ", ".join(one["raters"]),
            "measure": _WORDS.get(one["coefficient"], one["coefficient"]),
            "value": _value(one),
            "rated twice": f"{one['n_pairable']:,} of {one['n_cases']:,}",
        }
        for one in result["agreement"]
    ]


def metric_rows(result: Result) -> list[Row]:
    """How far metrics and judges agree with people."""
    return [
        {
            "metric": one["metric"],
            "measure": _WORDS.get(one["coefficient"], one["coefficient"]),
            "value": _value(one),
            "of": f"{one['n']:,}",
        }
        for one in result["metrics"]
    ]


def _value(one: Mapping[str, Any]) -> str:
    return shown_estimate(plotted_number(one), digits=2) if one["value"] is not None else str(one["reason"])


def item_rows(result: Result) -> list[Row]:
    """One row for each case and rater: what was said, and of whom."""
    return [
        {
            "case": f"{item['case']}",
            "id": item["case_id"],
            "shown": ", ".join(f"{one['letter']} = {one['candidate']}" for one in item["outputs"]),
            "rater": given["rater"],
            "said": _said(given),
            "notes": given["notes"],
            "picked": f"{item['picked']}: {item['why']}",
        }
        for item in result["items"]
        for given in item["ratings"]
    ]


def _said(given: Mapping[str, Any]) -> str:
    if "grades" not in given:
        return "tie" if given["preferred"] is None else f"{given['preferred']} is better"
    return "; ".join(
        f"{letter}: " + ", ".join(f"{name} {value}" for name, value in grades.items() if name != "candidate")
        for letter, grades in given["grades"].items()
    )


def result_as_markdown(result: Result) -> str:
    """The result as one page."""
    tables: list[tuple[str, list[Row]]] = [
        ("By candidate", score_rows(result)),
        ("Each two", pair_rows(result)),
        ("Random controls alone", control_rows(result)),
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
    """Letters in a line of a cell, so that the whole table is seen."""

    def width_px(most: int) -> int:
        longest = [max(len(column), *(min(most, len(row.get(column, ""))) for row in rows)) for column in rows[0]]
        return sum(_LETTER_PX * n + _EDGES_PX for n in longest)

    return next((most for most in range(_WIDEST, _NARROWEST, -1) if width_px(most) <= _PAGE_PX), _NARROWEST)


def _about(result: Result) -> str:
    runs = ", ".join(f"`{run_id}`" for run_id in result["run_ids"])
    picked = ", ".join(f"{n} {reason}" for reason, n in result["picked"].items())
    said = (
        f"Review {result['review_id']} of {result['benchmark']} · {counted(result['n_items'], 'case')} ({picked}) · "
        f"rated by {rater_words(result)} · 95 % intervals over cases"
    )
    return f"{for_markdown(said)} · runs {runs}"


def _case_lines(result: Result) -> Iterator[str]:
    """For each case what was shown as what, and below it what each rater said: lines, which break on any page."""
    for item in result["items"]:
        shown = "; ".join(f"{one['letter']} = {one['candidate']}" for one in item["outputs"])
        yield f"- **Case {item['case']}**, {for_markdown(item['case_id'])}: {for_markdown(shown)}. {_picked(item)}"
        for given in item["ratings"]:
            notes = f". Notes: {given['notes']}" if given["notes"] else ""
            yield f"    - {for_markdown(given['rater'])}: {for_markdown(_said(given) + notes)}"


def _picked(item: Mapping[str, Any]) -> str:
    return f"*{for_markdown(item['picked'])}: {for_markdown(item['why'])}*"


def _table(rows: Sequence[Row]) -> str:
    columns, width = list(rows[0]), fitting_width(rows)
    titles = {column: for_markdown(column) for column in columns}
    return as_markdown_table(
        list(titles.values()),
        [{titles[name]: as_cell(row.get(name, ""), width=width) for name in columns} for row in rows],
    )
