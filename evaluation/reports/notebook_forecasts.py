"""Forecasts as HTML tables for notebooks: what would be asked, and what it costs."""

from collections.abc import Iterator, Sequence

from evaluation.errors import as_sentence
from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.scoring_work import ScoringWork
from evaluation.forecasts.search_forecasts import ComparisonForecast, EvaluationForecast, RaceForecast, SweepForecast
from evaluation.formatting import counted, duration, listed
from evaluation.reports.forecasts import afterwards_sentence, forecast_rows, sentences
from evaluation.reports.notebook_parts import SHOWN_ROWS, heading, html_of, page, paragraph, table
from evaluation.results.planned_comparisons import PlannedComparison, PlannedEvaluation


@html_of.register
def _forecast(result: Forecast) -> str:
    return page(_costs(result))


@html_of.register
def _evaluation(result: EvaluationForecast) -> str:
    return page(_costs(result, result.asked_afterwards))


def _costs(costs: Forecast, afterwards: Sequence[ScoringWork] = ()) -> str:
    rows = list(forecast_rows(costs))
    left = len(rows) - SHOWN_ROWS
    more = [f"… and {left:,} more; to_frame() has all."] if left > 0 else []
    told = [*more, *sentences(costs), *map(afterwards_sentence, afterwards)]
    return table(rows[:SHOWN_ROWS]) + paragraph(told)


@html_of.register
def _race(result: RaceForecast) -> str:
    return page(
        heading(f"A race of {counted(result.bounds.n_candidates, 'candidate')} on {result.benchmark_name}"),
        paragraph(list(_schedule(result))),
        heading("The first look"),
        _costs(result.first_look, result.asked_afterwards),
    )


def _schedule(result: RaceForecast) -> Iterator[str]:
    bounds = result.bounds
    sizes = listed([f"{size:,}" for size in bounds.looks])
    yield f"Candidates are eliminated after {sizes} of {bounds.n_cases:,} cases."
    time = "" if result.most_seconds is None else f", about {duration(result.most_seconds)}"
    yield f"In all at most {bounds.most_calls:,} of the {bounds.full_grid_calls:,} answers of a full evaluation{time}."
    if bounds.note is not None:
        yield as_sentence(bounds.note)


@html_of.register
def _sweep(result: SweepForecast) -> str:
    return page(
        heading(counted(len(result.combinations), "combination")), _costs(result.costs, result.asked_afterwards)
    )


@html_of.register
def _comparison(result: ComparisonForecast) -> str:
    costs = "" if result.costs is None else _costs(result.costs, result.asked_afterwards)
    rows = [_planned(planned) for planned in result.planned]
    return page(heading(counted(len(rows), "comparison")), table(rows), costs)


def _planned(planned: PlannedComparison | PlannedEvaluation) -> dict[str, str]:
    about = {"benchmark": planned.benchmark, "by": planned.by or "", "against": planned.against or ""}
    if isinstance(planned, PlannedEvaluation):
        stored = [f"{each.candidate} of run {each.run_id}" for each in planned.stored]
        return {**about, "evaluated": listed(planned.evaluated), "stored": listed(stored) if stored else ""}
    pairs = ", ".join(f"{a} – {b}" for a, b in planned.pairs)
    return {**about, "sides": listed(planned.sides), "metrics": ", ".join(planned.metrics), "pairs": pairs}
