from typing import Any

from recommendation_records import recommendation_record

from evaluation.records.selection import RecommendationRecord
from selection.pages.stored_recommendation import beaten_rows, reading_lines, sureness_lines


def _record(behind: dict[str, Any], **changes: Any) -> RecommendationRecord:
    contrast = {"difference": 0.041, "gap": 4.1, "n_pairs": 40, "test": "exact McNemar", **behind}
    alternative = {"candidate": "b:1b", "quality": {"value": 0.4}, "is_tied": behind["p_value"] >= 0.05}
    return recommendation_record("r", alternatives=({**alternative, "behind": contrast},), **changes)


def test_a_gap_stands_beside_an_interval_and_a_p_that_are_for_all_pairs() -> None:
    record = _record({"p_value": 0.04, "low": 0.0, "high": 0.09, "confidence_level": 0.975})
    assert "4.1 points (0.0, 9.0]" == beaten_rows(record)[1]["Behind the best [all pairs]"]
    assert ".040" == beaten_rows(record)[1]["p for all pairs"]
    assert "for all pairs together, and agree" in reading_lines(record)[-1]


def test_an_interval_of_an_earlier_version_is_said_to_be_of_its_pair_alone() -> None:
    record = _record({"p_value": 0.07, "low": 0.002, "high": 0.08})
    assert "4.1 points [0.2, 8.0]" == beaten_rows(record)[1]["Behind the best [pair alone]"]
    assert "of its pair alone" in reading_lines(record)[-1]
    assert not any("shown to be better" in line for line in sureness_lines(record))


def test_a_p_of_more_than_quality_is_said_to_be_that() -> None:
    record = _record({"p_value": 0.04}, weights={"quality": 1.0, "latency": 2.0})
    assert "all that was weighed" in reading_lines(record)[-1]
    assert "4.1 points" == beaten_rows(record)[1]["Behind the best"]
