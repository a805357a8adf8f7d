"""Recommendations as they are stored."""

from datetime import UTC, datetime
from typing import Any

from evaluation.records.selection import RecommendationRecord


def recommendation_record(recommendation_id: str, **changes: Any) -> RecommendationRecord:
    """A recommendation of `a:1b`, with some fields otherwise."""
    fields: dict[str, Any] = {
        "recommendation_id": recommendation_id,
        "task": "code",
        "prompt_hash": "h",
        "prompt": "Sort \x00 it.",
        "constraints": {"max_latency_s": 2.0},
        "weights": {"quality": 1.0},
        "on_tie": "cheapest",
        "candidate_key": "key",
        "candidate_label": "a:1b",
        "expected": {"quality": {"value": 0.5, "low": 0.4, "high": None, "n_cases": 40}},
        "alternatives": ({"label": "b:1b", "quality": 0.4},),
        "tied": ("a:1b",),
        "details": {"notes": []},
        "propensity": 0.5,
        "n_cases": 40,
        "decided_by": "scoreboard",
        "reason": "It is best.",
        "evidence_fingerprint": "f",
        "code_version": "0",
        "created_at": datetime(2026, 5, 4, tzinfo=UTC),
    }
    return RecommendationRecord(**(fields | changes))
