"""The page of a grading of calls in production. All names in it are escaped."""

from collections.abc import Iterator

from evaluation.escaping import for_markdown
from evaluation.results.estimates import shown_estimate
from evaluation.results.traffic_grading import TrafficGradingResult
from evaluation.scores import Estimate


def grading_rows(result: TrafficGradingResult) -> list[dict[str, str]]:
    """Return the candidates as rows of text, not escaped."""
    return [
        {
            "task": row.task,
            "policy": row.policy or "–",
            "candidate": row.candidate,
            "calls": f"{row.n_calls:,}",
            "graded": f"{row.n_graded:,}",
            "grade": _shown(row.grade),
            "reported": _shown(row.reported),
            "alike": _shown(row.graded_alike),
        }
        for row in result.candidates
    ]


def grading_as_markdown(result: TrafficGradingResult) -> str:
    """Return the page of a grading."""
    return "\n".join(_lines(result))


def _shown(estimate: Estimate | None) -> str:
    return "–" if estimate is None else shown_estimate(estimate)


def _lines(result: TrafficGradingResult) -> Iterator[str]:
    yield for_markdown(result.sentence)
    for row in grading_rows(result):
        yield f"\n- {for_markdown(' · '.join(f'{name}: {value}' for name, value in row.items()))}"
    yield ""
    yield (
        "Grades are from 0 to 1, with 95 % intervals over the calls. *reported* is the mean outcome that people or the "
        "application reported of graded calls, *alike* the share of these whose grade and outcome are on the same side "
        "of one half. `benchwright monitor` tells when grades fall."
    )
