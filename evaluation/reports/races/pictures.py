"""A race in a picture: where each candidate was when it was asked its last case."""

from evaluation.formatting import counted, score
from evaluation.pictures.interval_plots import Row, draw_interval_plots
from evaluation.pictures.numbers import PlottedNumber
from evaluation.reports.album import Picture
from evaluation.results.races import Race


def standings_picture(race: Race) -> Picture | None:
    """Return each one's score over the cases that it was asked, who left hollow; None where nobody has a score.

    Without intervals: of a candidate that left because it stood low, an interval would be too low.
    """
    rows = [
        Row(
            label=place.label,
            known=PlottedNumber(value=place.score),
            said=f"{score(place.score)} on {counted(place.n_cases, 'case')}",
            kind="mark" if place.left_after is None else "plain",
        )
        for place in race.outcome.ranking
        if place.score is not None
    ]
    if not rows:
        return None
    svg = draw_interval_plots(
        rows,
        title=f"{race.metric} in the race · {race.benchmark}",
        x_title=f"{race.metric}, over the cases that each candidate was asked",
        about="Filled: in the race to the end. Hollow: dropped earlier, and so asked fewer cases.",
    )
    return Picture(svg=svg, said="The score of each candidate at the end of the race, or when it was dropped")
