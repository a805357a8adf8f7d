"""A recommendation as text and as JSON: its rows, and what was ruled out."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.escaping import one_line
from evaluation.formatting import counted, quantity
from evaluation.records.evidence import Choosable
from selection.answers import Adjustments, Expected, MeasuredQuality, Ranked, Recommendation, Removed, Reported
from selection.choosing.measured_quality import difference_line, part_shown
from selection.choosing.number_words import listed, quality, quality_interval
from selection.configuration import as_mapping

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


def recommendation_as_json(recommendation: Recommendation, *, percentile: float) -> dict[str, Any]:
    """Return all of it as JSON, numbers not rounded."""
    chosen = None if recommendation.candidate is None else as_mapping(recommendation.candidate)
    return {
        "status": "abstained" if recommendation.abstained else "completed",
        "id": recommendation.id,
        "task": recommendation.task,
        "candidate": chosen,
        "measured": _expected(recommendation.measured),
        "quality": _expected(recommendation.quality),
        "adjustments": _expected(recommendation.adjustments),
        "latency_s": _expected(recommendation.latency_s),
        "percentile": percentile,
        "cost_per_1k": _expected(recommendation.cost_per_1k),
        "energy_j": _expected(recommendation.energy_j),
        "memory_gb": recommendation.memory_gb,
        "reported": _expected(recommendation.reported),
        "reason": recommendation.reason,
        "alternatives": [_ranked(ranked) for ranked in recommendation.alternatives],
        "pareto": list(recommendation.pareto),
        "tied": list(recommendation.tied),
        "removed": [_removed(removal) for removal in recommendation.removed],
        "n_cases": recommendation.n_cases,
        "decided_by": recommendation.decided_by,
        "tested_by": recommendation.tested_by,
        "notes": list(recommendation.notes),
        "created_at": recommendation.created_at.isoformat(),
    }


def _expected(numbers: Expected | MeasuredQuality | Adjustments | Reported | None) -> dict[str, Any] | None:
    return None if numbers is None else asdict(numbers)


def _ranked(ranked: Ranked) -> dict[str, Any]:
    return {
        "candidate": as_mapping(ranked.candidate),
        "utility": ranked.utility,
        "measured": _expected(ranked.measured),
        "quality": _expected(ranked.quality),
        "adjustments": _expected(ranked.adjustments),
        "latency_s": _expected(ranked.latency_s),
        "cost_per_1k": _expected(ranked.cost_per_1k),
        "energy_j": _expected(ranked.energy_j),
        "memory_gb": ranked.memory_gb,
        "is_tied": ranked.is_tied,
        "is_pareto": ranked.is_pareto,
    }


def _removed(removal: Removed) -> dict[str, Any]:
    return {
        "candidate": removal.candidate.label,
        "constraint": removal.constraint,
        "reason": removal.reason,
        "value": removal.value,
        "limit": removal.limit,
    }


def candidate_rows(recommendation: Recommendation, *, percentile: float) -> list[dict[str, str]]:
    """Return a row for each feasible candidate, the named one first; a column without a number is left out."""
    ranked = [
        ranked_candidate
        for ranked_candidate in (_named(recommendation), *recommendation.alternatives)
        if ranked_candidate is not None
    ]
    is_fraction = _are_fractions(ranked)
    rows = [_row(ranked_candidate, percentile, is_fraction=is_fraction) for ranked_candidate in ranked]
    if recommendation.candidate is not None:
        rows[0]["mark"] = ", ".join(filter(None, ("named", rows[0]["mark"])))
    kept = [name for name in (rows[0] if rows else {}) if any(row[name] not in ("", "–") for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


def part_rows(recommendation: Recommendation) -> list[dict[str, str]]:
    """Return the quality of each of these candidates on each benchmark (or task); empty where there is only one."""
    ranked = [
        ranked_candidate
        for ranked_candidate in (_named(recommendation), *recommendation.alternatives)
        if ranked_candidate is not None
    ]
    return rows_of_parts(
        [
            (ranked_candidate.candidate.label, ranked_candidate.measured)
            for ranked_candidate in ranked
            if ranked_candidate.measured
        ],
        is_fraction=_are_fractions(ranked),
    )


def rows_of_parts(measured: Sequence[tuple[str, MeasuredQuality]], *, is_fraction: bool) -> list[dict[str, str]]:
    """Return a row for each candidate, a column for each benchmark (or task); empty where there is only one."""
    if not measured or len(measured[0][1].parts) < 2:
        return []
    return [
        {
            "candidate": label,
            **{part.name: part_shown(part, is_fraction=is_fraction) for part in measured_quality.parts},
        }
        for label, measured_quality in measured
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


def _named(recommendation: Recommendation) -> Ranked | None:
    """Return the named candidate, as one of the ranked ones."""
    if recommendation.candidate is None or recommendation.quality is None:
        return None
    label = recommendation.candidate.label
    return Ranked(
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


def _row(ranked: Ranked, percentile: float, *, is_fraction: bool) -> dict[str, str]:
    value = ranked.quality
    interval = quality_interval(value.low, value.high, is_fraction=is_fraction)
    marks = (("tied", ranked.is_tied), ("Pareto", ranked.is_pareto))
    return {
        "candidate": ranked.candidate.label,
        "mark": ", ".join(word for word, holds in marks if holds),
        "measured": "–" if ranked.measured is None else quality(ranked.measured.value, is_fraction=is_fraction),
        "cases": f"{value.n_cases:,}",
        "expected": f"{quality(value.value, is_fraction=is_fraction)}{interval}",
        f"s (p{100 * percentile:g})": _with_interval(ranked.latency_s),
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
        return quantity(numbers.value)
    low, high = quantity(numbers.low), quantity(numbers.high)
    return quantity(numbers.value) + ("" if low == high else f" [{low}, {high}]")


def removed_lines(recommendation: Recommendation) -> list[str]:
    """Return the excluded candidates with the reasons."""
    unmeasured = [
        removal for removal in recommendation.removed if removal.constraint == "not_measured" and not removal.value
    ]
    removed = [removal for removal in recommendation.removed if removal not in unmeasured]
    lines = [f"ruled out: {removal.candidate.label}: {removal.reason}" for removal in removed[:_ABBREVIATED]]
    if unmeasured:
        names = listed([removal.candidate.label for removal in unmeasured])
        lines.append(f"ruled out, as not measured on this task: {names}")
    if (n_more := len(removed) - _ABBREVIATED) > 0:
        lines.append(f"ruled out: {counted(n_more, 'other candidate')}; --json lists them")
    return lines


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
