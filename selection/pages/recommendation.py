"""A recommendation as text: its rows, and what was ruled out."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from evaluation.escaping import one_line
from evaluation.formatting import counted, listed, measured, quantity
from evaluation.records.evidence import Choosable
from selection.answers import Expected, MeasuredQuality, Ranked, Recommendation, Removed
from selection.choosing.measured_quality import difference_line, part_shown
from selection.choosing.number_words import MOST_NAMED, quality, quality_interval

_ABBREVIATED = 8
"""Maximum number of candidates named that were excluded for the same reason."""
SUITES: Mapping[str, str] = {
    "classification": "classification",
    "code": "code_generation",
    "generation": "text_generation",
    "question_answering": "question_answering",
    "summarization": "summarization",
}
"""Standard suite of each task."""
_MODELS_NAMED = 3


def candidate_rows(recommendation: Recommendation, *, percentile: float) -> list[dict[str, str]]:
    """Return a row for each feasible candidate, the named one first; a column without a number is left out."""
    ranked = _ranked(recommendation)
    is_fraction = _are_fractions(ranked)
    rows = [_row(ranked_candidate, percentile, is_fraction=is_fraction) for ranked_candidate in ranked]
    if rows and recommendation.candidate is not None and recommendation.quality is not None:
        rows[0]["mark"] = ", ".join(filter(None, ("named", rows[0]["mark"])))
    kept = [name for name in (rows[0] if rows else {}) if any(row[name] not in ("", "–") for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


IMPUTED = (
    "imputed: not asked all cases; the missing ones are filled in from the other candidates' results. Its interval "
    "holds where candidates differ there as on the cases that they share."
)


def is_imputed(recommendation: Recommendation) -> bool:
    """Check whether the expected quality of any feasible candidate is partly imputed."""
    return any(each.adjustments is not None and each.adjustments.n_filled_in for each in _ranked(recommendation))


def part_rows(recommendation: Recommendation) -> list[dict[str, str]]:
    """Return the quality of each of these candidates on each benchmark (or task); empty where there is only one."""
    ranked = _ranked(recommendation)
    measured = [(each.candidate.label, each.measured) for each in ranked if each.measured]
    return rows_of_parts(measured, is_fraction=_are_fractions(ranked))


def rows_of_parts(measured: Sequence[tuple[str, MeasuredQuality]], *, is_fraction: bool) -> list[dict[str, str]]:
    """Return a row for each candidate, a column for each benchmark (or task); empty where there is only one."""
    if not measured or len(measured[0][1].parts) < 2:
        return []
    return [
        {"candidate": label, **{part.name: part_shown(part, is_fraction=is_fraction) for part in quality_of.parts}}
        for label, quality_of in measured
    ]


def difference_lines(recommendation: Recommendation) -> list[str]:
    """Return why the expected quality differs from the measured one, for each alternative.

    For the named candidate the reason says it.
    """
    is_fraction = _are_fractions(recommendation.alternatives)
    lines = (
        difference_line(
            alternative.candidate.label, alternative.measured, alternative.adjustments, is_fraction=is_fraction
        )
        for alternative in recommendation.alternatives
    )
    return [line for line in lines if line is not None]


def _are_fractions(ranked: Sequence[Ranked]) -> bool:
    return all(0 <= ranked_candidate.quality.value <= 1 for ranked_candidate in ranked)


def _ranked(recommendation: Recommendation) -> list[Ranked]:
    """Return the feasible candidates, the named one first."""
    if recommendation.candidate is None or recommendation.quality is None:
        return list(recommendation.alternatives)
    label = recommendation.candidate.label
    named = Ranked(
        candidate=recommendation.candidate,
        utility=0.0,
        quality=recommendation.quality,
        latency_s=recommendation.latency_s,
        cost_per_1k=recommendation.cost_per_1k,
        energy_j=recommendation.energy_j,
        memory_gb=recommendation.memory_gb,
        measured=recommendation.measured,
        adjustments=recommendation.adjustments,
        is_tied=len(recommendation.tied) > 1 and label in recommendation.tied,
        is_pareto=label in recommendation.pareto,
    )
    return [named, *recommendation.alternatives]


def _row(ranked: Ranked, percentile: float, *, is_fraction: bool) -> dict[str, str]:
    value = ranked.quality
    interval = quality_interval(value.low, value.high, is_fraction=is_fraction)
    imputed = ranked.adjustments is not None and ranked.adjustments.n_filled_in > 0
    marks = (("tied", ranked.is_tied), ("Pareto", ranked.is_pareto), ("imputed", imputed))
    return {
        "candidate": ranked.candidate.label,
        "mark": ", ".join(word for word, holds in marks if holds),
        "measured": "–" if ranked.measured is None else quality(ranked.measured.value, is_fraction=is_fraction),
        "cases": f"{value.n_cases:,}",
        "expected": f"{quality(value.value, is_fraction=is_fraction)}{interval}",
        f"latency s (p{100 * percentile:g})": _with_interval(ranked.latency_s),
        "memory GB": _memory(ranked.memory_gb),
        "USD/1,000": _with_interval(ranked.cost_per_1k),
        "J/answer": _with_interval(ranked.energy_j),
    }


def _memory(gigabytes: float | None) -> str:
    if gigabytes is None:
        return "–"
    return "< 0.1" if gigabytes < 0.05 else quantity(gigabytes)


def _with_interval(numbers: Expected | None) -> str:
    if numbers is None:
        return "–"
    if numbers.low is None or numbers.high is None:
        return measured(numbers.value)
    low, high = measured(numbers.low), measured(numbers.high)
    return measured(numbers.value) + ("" if low == high else f" [{low}, {high}]")


def removed_lines(recommendation: Recommendation) -> list[str]:
    """Return the excluded candidates with the reasons."""
    unmeasured = [
        removal for removal in recommendation.removed if removal.constraint == "not_measured" and not removal.value
    ]
    removed = [removal for removal in recommendation.removed if removal not in unmeasured]
    lines = [
        f"ruled out: {removal.candidate.label}: {removal.reason}{_expected_of(removal)}"
        for removal in removed[:_ABBREVIATED]
    ]
    if unmeasured:
        names = listed([removal.candidate.label for removal in unmeasured], MOST_NAMED)
        lines.append(f"ruled out, as not measured on this task: {names}")
    if (n_more := len(removed) - _ABBREVIATED) > 0:
        lines.append(f"ruled out: {counted(n_more, 'other candidate')}; --json lists them")
    return lines


def _expected_of(removal: Removed) -> str:
    """Return the expected quality of a candidate that was ruled out, since a better one may be among them."""
    if removal.quality is None:
        return ""
    return f" (expected quality {quality(removal.quality, is_fraction=0 <= removal.quality <= 1)})"


def evaluation_to_run(task: str | None, candidates: Iterable[Choosable]) -> str:
    """Return the `evaluate` command that would give a task its evidence.

    Args:
        task: The requested task.
        candidates: All known candidates.
    """
    place_of = {
        candidate.model: candidate.places[0]
        for candidate in candidates
        if candidate.not_ready is None and candidate.places
    }
    models = list(place_of)[:_MODELS_NAMED]
    named = [f"--model {shlex.quote(one_line(model))}" for model in models or ["MODEL"]]
    if any(place_of[model].url is None for model in models):
        named.append("--embedded")
    return " ".join((f"benchwright evaluate --benchmark {SUITES.get(task or '', 'FILE')}", *named))
