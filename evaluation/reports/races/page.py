"""The page of a race: ranking, decisions at each look, and cost."""

from collections.abc import Sequence

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber
from evaluation.charts.kinds import Chart
from evaluation.escaping import for_markdown
from evaluation.formatting import counted, percent, quantity, score
from evaluation.reports.markdown_tables import markdown_table
from evaluation.reports.page_pictures import Album
from evaluation.results.races import Race, RaceOutcomeResult, RacePlace
from evaluation.run_results.race_result import RaceDecisionPoint, decision_points


def standings(race: Race) -> IntervalChart | None:
    """Return a chart of each candidate's score over the cases it was asked; None where no candidate has a score.

    Candidates that left are hollow. There are no intervals: for a candidate that left because of a low score, an
    interval would be biased downwards.
    """
    rows = [
        IntervalRow(
            label=place.label,
            number=PlottedNumber(value=place.score),
            shown=f"{score(place.score)} on {counted(place.n_cases, 'case')}",
            kind="mark" if place.left_after is None else "plain",
        )
        for place in race.outcome.ranking
        if place.score is not None
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"{race.metric} in the race · {race.benchmark}",
        description="The score of each candidate at the end of the race, or when it was dropped",
        rows=tuple(rows),
        x_title=f"{race.metric}, over the cases that each candidate was asked",
        subtitle="Filled: in the race to the end. Hollow: dropped earlier, and so asked fewer cases.",
    )


NOT_OVER = "The race is not over."


def ranking_rows(race: Race) -> list[dict[str, str]]:
    """Return a row for each candidate, the first one first."""
    return [
        {
            "candidate": place.label,
            "rank": str(place.rank),
            "score": "–" if place.score is None else score(place.score),
            "behind the first": "–" if place.behind_first is None else score(place.behind_first),
            "cases": f"{place.n_cases:,}",
            "left": _left(place),
        }
        for place in race.outcome.ranking
    ]


def _left(place: RacePlace) -> str:
    if place.left_after is None:
        return "in to the end"
    how = "given up" if place.is_given_up else "dropped"
    return f"{how} after {place.left_after:,}"


def decision_lines(race: Race) -> list[str]:
    """Return a line for each look: how many cases, which candidates left, which went on."""
    return [_decision_line(look) for look in decision_points(race.decisions)]


def _decision_line(look: RaceDecisionPoint) -> str:
    calls = "" if look.calls is None else f", {counted(look.calls, 'call')} so far"
    if look.checks:
        check = look.checks[0]
        return f"confirmation{calls}: {check.label} {check.reason}"
    names = ", ".join(decision.label for decision in look.left)
    left = f"{len(look.left)} left ({names})" if look.left else "nobody left"
    return f"look {look.look}, {counted(look.n_cases, 'case')}{calls}: {left}, {look.n_left_in} still in"


def departure_lines(race: Race) -> list[str]:
    """Return why each candidate left, in the order of leaving."""
    return [
        f"{decision.label}: {decision.reason}" for look in decision_points(race.decisions) for decision in look.left
    ]


def cost_line(outcome: RaceOutcomeResult) -> str:
    """Return the cost of the race, beside that of asking every candidate every case."""
    spent = outcome.spent
    share = spent.calls / outcome.full_grid_calls
    return (
        f"{counted(spent.calls, 'call')} of the {outcome.full_grid_calls:,} that a full evaluation takes "
        f"({percent(share)}), {spent.tokens:,} tokens, {quantity(spent.minutes)} minutes"
    )


def rule_line(race: Race) -> str:
    """Return the rules of the race in a line."""
    if race.method == "halving":
        rule = "halving: the worse half is dropped in every round; only the confirmation gives a guarantee"
    else:
        rule = f"evidence: the best one is dropped with a probability of at most {race.alpha:g}"
    margin = f"; a difference under {race.margin} does not matter" if race.margin else ""
    return f"{rule}{margin}; scores are {race.metric}"


def race_as_markdown(race: Race, *, charts: Sequence[Chart | None] = (), links: str = "") -> str:
    """Return the race with all its decisions as one page.

    Args:
        race: The race.
        charts: Charts to show besides its own.
        links: Markdown links to what belongs to it.
    """
    album = Album()
    shown = [mark for chart in (standings(race), *charts) for mark in album.show(chart)]
    parts = [
        f"# Race on {for_markdown(race.benchmark)}",
        f"> {for_markdown(race.outcome.sentence or NOT_OVER)}",
        markdown_table(ranking_rows(race)),
        links,
        *shown,
        *album.remark(),
        for_markdown(f"{_cost(race)}{rule_line(race)}. Run {race.run_id}."),
        _list("Looks", decision_lines(race)),
        _list("Why each candidate was dropped", departure_lines(race)),
    ]
    return album.placed("\n\n".join(part for part in parts if part) + "\n")


def _cost(race: Race) -> str:
    return f"{cost_line(race.outcome)}. " if isinstance(race.outcome, RaceOutcomeResult) else ""


def _list(title: str, lines: list[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {for_markdown(line)}" for line in lines)]) if lines else ""
