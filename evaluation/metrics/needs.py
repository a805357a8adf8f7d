"""The needs of a metric, checked against the cases before generation."""

from collections.abc import Callable, Collection, Mapping, Sequence

from evaluation.case import Case
from evaluation.metrics.metric import Metric, Need
from evaluation.relevant_passages import RELEVANT
from evaluation.user_code.error_locations import in_words

_IN_A_CASE: Mapping[Need, Callable[[Case], Collection[str]]] = {
    Need.REFERENCES: lambda case: case.references,
    Need.CONTEXT: lambda case: case.context,
    Need.CHOICES: lambda case: case.choices,
}
_IN_SOME_CASE: Mapping[Need, Callable[[Case], Collection[str]]] = {
    Need.RELEVANT: lambda case: case.details.get(RELEVANT) or (),
}
"""A case without it has no value, as a question that the corpus does not answer has no relevant passage."""
_IN_WORDS: Mapping[Need, str] = {
    Need.EMBEDDER: "an embedding model",
    Need.SANDBOX: "the sandbox",
    Need.JUDGE: "a judge",
}


def missing_needs(
    metric: Metric, benchmark_cases: Sequence[Case], *, offered: Collection[Need] = frozenset()
) -> str | None:
    """Return what prevents measuring, in one sentence; None where nothing does.

    Args:
        metric: What is to be measured.
        benchmark_cases: Every one of them must have what the metric needs; of relevant passages, one is enough.
        offered: Which of embedder, sandbox and judge the caller can provide.
    """
    for need in sorted(metric.asks_for):
        if need in _IN_WORDS and need not in offered:
            return f"metric {metric.name!r} needs {_IN_WORDS[need]}, which is not there"
        if need in _IN_A_CASE:
            lacking = [case.case_id for case in benchmark_cases if not _IN_A_CASE[need](case)]
            if lacking:
                return f"metric {metric.name!r} needs {need.value}, which {_counted(lacking, len(benchmark_cases))}"
        if need in _IN_SOME_CASE and not any(map(_IN_SOME_CASE[need], benchmark_cases)):
            return f"metric {metric.name!r} needs {need.value}, which none of the {len(benchmark_cases)} cases has"
    return _first_problem(metric, benchmark_cases)


def _counted(lacking: Sequence[str], n_cases: int) -> str:
    if len(lacking) == n_cases:
        return f"none of the {n_cases} cases has"
    verb = "has" if len(lacking) == 1 else "have"
    return f"{len(lacking)} of {n_cases} cases {verb} not (the first: {lacking[0]!r})"


def _first_problem(metric: Metric, cases: Sequence[Case]) -> str | None:
    for case in cases:
        problem = _problem(metric, case)
        if problem:
            return f"metric {metric.name!r} cannot be measured: case {case.case_id!r} {problem}"
    return None


def _problem(metric: Metric, case: Case) -> str | None:
    """Return the metric's `problem` with the case, or the error that `problem` raised."""
    try:
        return metric.problem(case)
    except Exception as error:  # anybody's code
        return f"makes its problem() raise {in_words(error)}"
