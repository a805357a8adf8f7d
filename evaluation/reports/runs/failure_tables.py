"""Tables of a run's failures by kind: cause, count, candidates and an example."""

from collections.abc import Sequence

from evaluation.results.runs import FailureExample, FailureSummary

LONGEST_MESSAGE = 160


def failure_rows(failures: Sequence[FailureSummary]) -> list[dict[str, str]]:
    """Return one row per kind of failure."""
    return [
        {
            "failure": str(failure.kind),
            "whose": "the candidate's" if failure.is_own else "the server's",
            "times": f"{failure.n:,}",
            "of": ", ".join(f"{label} {n:,}" for label, n in failure.by_candidate.items()),
            "for example": _example(failure.example),
        }
        for failure in failures
    ]


def _example(example: FailureExample | None) -> str:
    if example is None:
        return "–"
    message = " ".join((example.message or "").split())
    cut = message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"
    return f"case {example.case_id}: {cut}" if cut else f"case {example.case_id}"
