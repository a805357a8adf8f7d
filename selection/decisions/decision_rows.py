"""Conversion between a decision and its stored row, as analytics and explanations read it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

from evaluation.errors import ConfigurationError, as_sentence
from evaluation.formatting import quantity, quantity_interval
from evaluation.records.evidence import Choosable
from evaluation.records.loaded_memory import memory_basis
from evaluation.records.selection import RecommendationRecord
from selection.answers import Adjustments, Ranked, Removed
from selection.choosing.measured_quality import why_expected
from selection.choosing.number_words import OUTLAYS, outlay
from selection.choosing.ties import Contrast
from selection.decisions.decision_log import Decision
from selection.decisions.past_decisions import PastDecision
from selection.preferences import LARGEST_WEIGHT, MOST_LOGGED, TOLERANCE, Constraints, OnTie, Weights

USUAL_PERCENTILE = Constraints().percentile
MOST_ALTERNATIVES = 5
"""Number of alternatives stored with their expectations; the rest, and further excluded ones, are only counted."""
_Z = 1.959963984540054


def record_of(decision: Decision) -> RecommendationRecord:
    """Return the row of a decision, without the version of the code."""
    recommendation, question = decision.recommendation, decision.question
    prompt = question.prompt
    candidate = recommendation.candidate
    return RecommendationRecord(
        recommendation_id=recommendation.id,
        task=recommendation.task,
        prompt_hash=None if prompt is None else hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest(),
        prompt=prompt[:MOST_LOGGED] if prompt is not None and decision.log == "prompt" else None,
        constraints=_plain(question.constraints),
        weights=_plain(question.weights),
        on_tie=question.on_tie,
        candidate_key=candidate.key if candidate else None,
        candidate_label=candidate.label if candidate else None,
        expected=_expectations(recommendation),
        alternatives=tuple(
            _alternative(alternative, decision.contrasts)
            for alternative in recommendation.alternatives[:MOST_ALTERNATIVES]
        ),
        tied=recommendation.tied,
        details={
            "n_alternatives": len(recommendation.alternatives),
            "pareto": list(recommendation.pareto),
            "removed": [_removed(removal) for removal in _limited_first(recommendation.removed)[:MOST_ALTERNATIVES]],
            "n_removed": len(recommendation.removed),
            "notes": list(recommendation.notes),
            "drawn_among": list(decision.drawn_among),
            "prompt_characters": None if prompt is None else len(prompt),
            "tolerance": question.tolerance,
            "behind": None if candidate is None else _contrast(decision.contrasts.get(candidate.label)),
            "on_little_evidence": question.on_little_evidence,
        },
        propensity=decision.propensity,
        n_cases=recommendation.n_cases,
        decided_by=recommendation.decided_by,
        reason=recommendation.reason,
        evidence_fingerprint=decision.evidence_fingerprint,
        code_version="",
        created_at=recommendation.created_at,
    )


def past_of(record: RecommendationRecord) -> PastDecision:
    """Return the decision in the form for analytics."""
    quality, latency = (record.expected.get(name) or {} for name in ("quality", "latency_s"))
    return PastDecision(
        id=record.recommendation_id,
        task=record.task,
        prompt_hash=record.prompt_hash,
        prompt=_whole_prompt(record),
        constraints=_constraints_of(record.constraints),
        weights=_weights_of(record.weights),
        on_tie=cast("OnTie", record.on_tie),
        tolerance=record.details.get("tolerance", TOLERANCE),
        candidate_key=record.candidate_key,
        candidate_label=record.candidate_label,
        expected_quality=quality.get("value"),
        expected_quality_se=_standard_error(quality),
        expected_latency_s=latency.get("value"),
        tied=tuple(record.details.get("drawn_among") or record.tied),
        decided_by=record.decided_by,
        created_at=record.created_at,
        propensity=record.propensity,
        quality=record.quality,
        latency_s=record.latency_s,
        ok=record.ok,
        reported_at=record.reported_at,
    )


def _whole_prompt(record: RecommendationRecord) -> str | None:
    """Return the prompt; None where it was not stored, or only its beginning, which would be another question."""
    n_characters = record.details.get("prompt_characters")
    is_cut = record.prompt is not None and n_characters is not None and n_characters > len(record.prompt)
    return None if is_cut else record.prompt


def text_of_record(record: RecommendationRecord) -> str:
    """Return the stored reason, the alternatives, the exclusions, the notes and the outcomes, as text."""
    return "\n".join([record.reason, *_lines(record)])


def _lines(record: RecommendationRecord) -> Iterator[str]:
    if record.alternatives:
        yield "The others, the best first:"
    for alternative in record.alternatives:
        measured = alternative.get("measured")
        words = [] if not measured else [f"measured {quantity(measured['value'])}"]
        if quality := alternative.get("quality"):
            words.append(f"quality {_shown(quality)}{_why(alternative)}")
        words += outlays_of(alternative, record.constraints.get("percentile", USUAL_PERCENTILE))
        yield f"  {alternative['candidate']}: {', '.join(words)}{' (tied)' if alternative.get('is_tied') else ''}"
    yield from _more(record.details.get("n_alternatives", 0) - len(record.alternatives))
    removed = record.details.get("removed", [])
    if removed:
        yield "Ruled out:"
    for removal in removed:
        yield f"  {removal['candidate']}: {removal['constraint']}, {removal['reason']}"
    yield from _more(record.details.get("n_removed", 0) - len(removed))
    yield from (f"Note: {as_sentence(note)}" for note in record.details.get("notes", []))
    if record.reported_at is not None:
        reported = {"quality": record.quality, "latency_s": record.latency_s, "ok": record.ok}
        yield "Reported: " + ", ".join(f"{name} {value}" for name, value in reported.items() if value is not None) + "."


def outlays_of(expected: Mapping[str, Any], percentile: float) -> list[str]:
    """Return what an answer of a stored candidate takes, each figure with its unit and with what it is of."""
    return [
        outlay(name, quantity(value) if isinstance(value, int | float) else _shown(value), percentile)
        for name in OUTLAYS
        if (value := expected.get(name)) is not None
    ]


def _why(stored: Mapping[str, Any]) -> str:
    """Return why the expected quality differed from the measured one, as the recommendation explained it."""
    adjustments = stored.get("adjustments")
    if not adjustments:
        return ""
    # Over all tasks and on one alike: which it was, the reason says.
    why = why_expected(Adjustments(**adjustments), of_tasks=False, is_fraction=False)
    return " expected" + (f" ({why})" if why else "")


def _more(n: int) -> Iterator[str]:
    if n > 0:
        yield f"  … and {n} more"


_QUANTITIES = ("quality", "cost_per_1k", "energy_j", "latency_s")


def _expectations(estimated: Any) -> dict[str, Any]:
    expected = {name: getattr(estimated, name) for name in _QUANTITIES}
    # Not by `asdict`, which takes ten times as long, and this is done for every alternative.
    plain = {
        name: value and {"value": value.value, "low": value.low, "high": value.high, "n_cases": value.n_cases}
        for name, value in expected.items()
    }
    measured, adjustments = estimated.measured, estimated.adjustments
    return plain | {
        "memory_gb": estimated.memory_gb,
        "memory_basis": _memory_basis(estimated.candidate),
        "measured": measured and {"value": measured.value, "n_cases": measured.n_cases},
        "adjustments": adjustments
        and {
            "n_filled_in": adjustments.n_filled_in,
            "filled_in": adjustments.filled_in,
            "other_tasks": adjustments.other_tasks,
            "prompt": adjustments.prompt,
        },
    }


def _memory_basis(candidate: Choosable | None) -> str | None:
    """Return whether the candidate's memory was measured, and at which context length; None: it is not known."""
    if candidate is None or candidate.memory_bytes is None:
        return None
    return memory_basis(is_measured=candidate.memory_is_measured, context_length=candidate.memory_context)


def _alternative(ranked: Ranked, contrasts: Mapping[str, Contrast]) -> dict[str, Any]:
    return {
        "candidate": ranked.candidate.label,
        "key": ranked.candidate.key,
        "utility": ranked.utility,
        **_expectations(ranked),
        "is_tied": ranked.is_tied,
        "is_pareto": ranked.is_pareto,
        "behind": _contrast(contrasts.get(ranked.candidate.label)),
    }


def _contrast(contrast: Contrast | None) -> dict[str, Any] | None:
    """Return how far the best is ahead, as plain JSON; None of the best itself."""
    return None if contrast is None else contrast._asdict()


def _limited_first(removed: Sequence[Removed]) -> list[Removed]:
    """Return who broke a limit before who was not measured, the best first: why they were not taken is asked first."""
    return sorted(removed, key=lambda removal: (removal.constraint == "not_measured", -(removal.quality or 0.0)))


def _removed(removal: Removed) -> dict[str, Any]:
    details = {name: getattr(removal, name) for name in ("constraint", "reason", "value", "limit", "quality")}
    return {"candidate": removal.candidate.label, **details}


def _plain(wishes: Constraints | Weights) -> dict[str, Any]:
    plain = {field.name: getattr(wishes, field.name) for field in fields(wishes)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def _constraints_of(stored: Mapping[str, Any]) -> Constraints:
    try:
        return Constraints(**_known_fields(Constraints, stored))
    except ConfigurationError:  # An earlier version let be asked what nothing can hold; nobody was named then.
        return Constraints()


def _weights_of(stored: Mapping[str, Any]) -> Weights:
    weights = _known_fields(Weights, stored)
    return Weights(**{name: min(weight, LARGEST_WEIGHT) for name, weight in weights.items()})


def _known_fields(kind: type[Constraints] | type[Weights], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored preferences that this version knows."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in stored.items() if name in names}


def _standard_error(expected: Mapping[str, Any]) -> float | None:
    """Return it from the longer side of the interval: the other one may end at a bound of quality."""
    value, low, high = (expected.get(name) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return None
    return max(float(high - value), float(value - low)) / _Z


def _shown(expected: Mapping[str, Any]) -> str:
    low, high = expected.get("low"), expected.get("high")
    interval = "" if low is None or high is None else f" {quantity_interval(low, high)}"
    return f"{quantity(expected['value'])}{interval}"
