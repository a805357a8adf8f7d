"""The evidence for a recommended candidate, as an exported file holds it."""

from collections.abc import Mapping

from evaluation.formatting import counted, score
from evaluation.results.estimates import shown_estimate
from selection.answers import Recommendation


def evidence_of(recommendation: Recommendation) -> Mapping[str, str]:
    """Return what the recommendation rests on, by name."""
    candidate = recommendation.candidate
    parts = () if recommendation.measured is None else recommendation.measured.parts
    measured = ", ".join(
        f"{part.name} {score(part.value)} on {counted(part.n_cases, 'case')}"
        for part in parts
        if part.value is not None
    )
    evidence = {
        "verdict": recommendation.reason,
        "expected quality": f"{shown_estimate(recommendation.quality)}, {counted(recommendation.n_cases, 'case')}",
        "measured": measured,
        "task": recommendation.task or "all tasks",
        "recommendation": f"{recommendation.id}, {recommendation.created_at.date().isoformat()}, decided by "
        f"{recommendation.decided_by}",
        "weights": "" if candidate is None else candidate.digest or "unverified: no digest is known",
        "notes": "; ".join(recommendation.notes),
    }
    return {name: text for name, text in evidence.items() if text}
