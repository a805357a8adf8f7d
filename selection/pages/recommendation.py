"""A recommendation for people and for programs: its rows, what was ruled out, and all of it as JSON."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from evaluation.escaping import one_line
from evaluation.formatting import quantity
from evaluation.records.evidence import Choosable
from selection.answers import Adjustments, Expected, MeasuredQuality, Ranked, Recommendation, Removed, Reported
from selection.choosing.measured_quality import difference_line, part_shown
from selection.choosing.number_words import counted, listed, quality, quality_interval
from selection.configuration import as_mapping

_ABBREVIATED = 8
"""Of many that were ruled out for one reason, so many are named."""
SUITES: Mapping[str, str] = {
    "classification": "classification",
    "code": "code_generation",
    "generation": "text_generation",
    "question_answering": "question_answering",
    "summarization": "summarization",
}
"""The standard suite of a task."""
_MODELS_NAMED = 3


def recommendation_as_json(found: Recommendation, *, percentile: float) -> dict[str, Any]:
    """All that is known of it, numbers not rounded."""
    chosen = None if found.candidate is None else as_mapping(found.candidate)
    return {
        "status": "abstained" if found.abstained else "completed",
        "id": found.id,
        "task": found.task,
        "candidate": chosen,
        "measured": _expected(found.measured),
        "quality": _expected(found.quality),
        "adjustments": _expected(found.adjustments),
        "latency_s": _expected(found.latency_s),
        "percentile": percentile,
        "cost_per_1k": _expected(found.cost_per_1k),
        "energy_j": _expected(found.energy_j),
        "memory_gb": found.memory_gb,
        "reported": _expected(found.reported),
        "reason": found.reason,
        "alternatives": [_ranked(one) for one in found.alternatives],
        "pareto": list(found.pareto),
        "tied": list(found.tied),
        "removed": [_removed(one) for one in found.removed],
        "n_cases": found.n_cases,
        "decided_by": found.decided_by,
        "tested_by": found.tested_by,
        "notes": list(found.notes),
        "created_at": found.created_at.isoformat(),
    }


def _expected(numbers: Expected | MeasuredQuality | Adjustments | Reported | None) -> dict[str, Any] | None:
    return None if numbers is None else asdict(numbers)


def _ranked(one: Ranked) -> dict[str, Any]:
    return {
        "candidate": as_mapping(one.candidate),
        "utility": one.utility,
        "measured": _expected(one.measured),
        "quality": _expected(one.quality),
        "adjustments": _expected(one.adjustments),
        "latency_s": _expected(one.latency_s),
        "cost_per_1k": _expected(one.cost_per_1k),
        "energy_j": _expected(one.energy_j),
        "memory_gb": one.memory_gb,
        "is_tied": one.is_tied,
        "is_pareto": one.is_pareto,
    }


def _removed(one: Removed) -> dict[str, Any]:
    return {
        "candidate": one.candidate.label,
        "constraint": one.constraint,
        "reason": one.reason,
        "value": one.value,
        "limit": one.limit,
    }


def candidate_rows(found: Recommendation, *, percentile: float) -> list[dict[str, str]]:
    """A row for each feasible candidate, the one that is named first; a column without a number is left out."""
    ranked = [one for one in (_named(found), *found.alternatives) if one is not None]
    is_fraction = _are_fractions(ranked)
    rows = [_row(one, percentile, is_fraction=is_fraction) for one in ranked]
    if found.candidate is not None:
        rows[0]["mark"] = ", ".join(filter(None, ("named", rows[0]["mark"])))
    kept = [name for name in (rows[0] if rows else {}) if any(row[name] not in ("", "–") for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]


def part_rows(found: Recommendation) -> list[dict[str, str]]:
    """What each of these candidates reached on each benchmark (or task) alone; empty where there is one."""
    ranked = [one for one in (_named(found), *found.alternatives) if one is not None]
    return rows_of_parts(
        [(one.candidate.label, one.measured) for one in ranked if one.measured], is_fraction=_are_fractions(ranked)
    )


def rows_of_parts(measured: Sequence[tuple[str, MeasuredQuality]], *, is_fraction: bool) -> list[dict[str, str]]:
    """A row for each candidate, a column for each benchmark (or task); empty where there is one."""
    if not measured or len(measured[0][1].parts) < 2:
        return []
    return [
        {"candidate": label, **{part.name: part_shown(part, is_fraction=is_fraction) for part in one.parts}}
        for label, one in measured
    ]


def difference_lines(found: Recommendation) -> list[str]:
    """Why something else is expected than was measured, for each alternative; of the named one the reason says it."""
    is_fraction = _are_fractions(found.alternatives)
    lines = (
        difference_line(one.candidate.label, one.measured, one.adjustments, is_fraction=is_fraction)
        for one in found.alternatives
    )
    return [line for line in lines if line is not None]


def _are_fractions(ranked: Sequence[Ranked]) -> bool:
    return all(0 <= one.quality.value <= 1 for one in ranked)


def _named(found: Recommendation) -> Ranked | None:
    """The candidate that is named, as one of those that are ranked."""
    if found.candidate is None or found.quality is None:
        return None
    label = found.candidate.label
    return Ranked(
        candidate=found.candidate,
        utility=0.0,
        quality=found.quality,
        latency_s=found.latency_s,
        cost_per_1k=found.cost_per_1k,
        energy_j=found.energy_j,
        memory_gb=found.memory_gb,
        measured=found.measured,
        adjustments=found.adjustments,
        is_tied=len(found.tied) > 1 and label in found.tied,
        is_pareto=label in found.pareto,
    )


def _row(one: Ranked, percentile: float, *, is_fraction: bool) -> dict[str, str]:
    value = one.quality
    interval = quality_interval(value.low, value.high, is_fraction=is_fraction)
    marks = (("tied", one.is_tied), ("Pareto", one.is_pareto))
    return {
        "candidate": one.candidate.label,
        "mark": ", ".join(word for word, holds in marks if holds),
        "measured": "–" if one.measured is None else quality(one.measured.value, is_fraction=is_fraction),
        "cases": f"{value.n_cases:,}",
        "expected": f"{quality(value.value, is_fraction=is_fraction)}{interval}",
        f"s (p{100 * percentile:g})": _with_interval(one.latency_s),
        "memory GB": _memory(one.memory_gb),
        "USD/1,000": _with_interval(one.cost_per_1k),
        "J/answer": _with_interval(one.energy_j),
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


def removed_lines(found: Recommendation) -> list[str]:
    """Who was ruled out, and why."""
    unmeasured = [one for one in found.removed if one.constraint == "not_measured" and not one.value]
    removed = [one for one in found.removed if one not in unmeasured]
    lines = [f"ruled out: {one.candidate.label}: {one.reason}" for one in removed[:_ABBREVIATED]]
    if unmeasured:
        names = listed([one.candidate.label for one in unmeasured])
        lines.append(f"ruled out, as not measured on this task: {names}")
    if (n_more := len(removed) - _ABBREVIATED) > 0:
        lines.append(f"ruled out: {counted(n_more, 'other candidate')}; --json lists them")
    return lines


def evaluation_to_run(task: str | None, candidates: Iterable[Choosable]) -> str:
    """The `evaluate` command that would give a task its evidence.

    Args:
        task: As it was asked for.
        candidates: All that are known.
    """
    known = dict.fromkeys(one.model for one in candidates if one.not_ready is None and one.places)
    named = " ".join(f"--model {shlex.quote(one_line(model))}" for model in list(known)[:_MODELS_NAMED] or ["MODEL"])
    return f"benchwright evaluate --benchmark {SUITES.get(task or '', 'FILE')} {named}"
