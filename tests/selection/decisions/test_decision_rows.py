"""Decisions as they were stored, by this version and by earlier ones."""

from datetime import UTC, datetime
from typing import Any

from evaluation.records.selection import RecommendationRecord
from selection.decisions.decision_rows import past_of
from selection.preferences import LARGEST_WEIGHT, Constraints, Weights


def stored(**given: Any) -> RecommendationRecord:
    said: dict[str, Any] = {
        "recommendation_id": "one",
        "task": "code",
        "prompt_hash": None,
        "prompt": None,
        "constraints": {},
        "weights": {},
        "on_tie": "cheapest",
        "candidate_key": None,
        "candidate_label": None,
        "expected": {},
        "alternatives": (),
        "tied": (),
        "details": {},
        "propensity": None,
        "n_cases": 0,
        "decided_by": "scoreboard",
        "reason": "",
        "evidence_fingerprint": "f",
        "code_version": "0",
        "created_at": datetime(2026, 5, 4, tzinfo=UTC),
    }
    return RecommendationRecord(**(said | given))


def test_what_was_asked_comes_back_without_what_this_version_does_not_know() -> None:
    found = past_of(stored(constraints={"min_quality": 0.5, "of_tomorrow": 1}, weights={"cost": 2.0, "beauty": 1.0}))

    assert (Constraints(min_quality=0.5), Weights(cost=2.0)) == (found.constraints, found.weights)


def test_what_earlier_versions_let_be_asked_hides_no_decision() -> None:
    impossible = past_of(stored(constraints={"min_quality": 1.4, "capabilities": [""]}))
    enormous = past_of(stored(weights={"quality": 1.0, "latency": 1e300}))

    assert Constraints() == impossible.constraints
    assert Weights(latency=LARGEST_WEIGHT) == enormous.weights
