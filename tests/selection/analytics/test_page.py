import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from selection.analytics.analysis import Analytics, Share
from selection.analytics.page import analytics_as_json, analytics_lines
from selection.analytics.regret import Regret
from selection.decisions.drift import Drift

DRIFT = Drift(
    task="law",
    candidate="small",
    candidate_key="k",
    quantity="quality",
    n_outcomes=30,
    n_prompts=28,
    expected=0.8,
    observed=0.5,
    difference=-0.3,
    low=-0.4,
    high=-0.2,
    p_value=0.0002,
)
REGRET = Regret(
    begins_at=datetime(2026, 5, 4, tzinfo=UTC),
    ends_at=datetime(2026, 5, 11, tzinfo=UTC),
    n_decisions=40,
    n_questions=38,
    points=1.25,
    low=None,
    high=None,
)


def analytics(**changed: Any) -> Analytics:
    given: dict[str, Any] = {
        "n_recommendations": 50,
        "n_outcomes": 30,
        "abstained": Share(value=0.2, low=0.1, high=0.3, n=50),
        "right": Share(value=0.9, low=0.8, high=0.95, n=40),
        "ok": None,
        "by_decider": (("scoreboard", 30), ("ridge 2 (abc)", 10)),
        "drifts": (DRIFT,),
        "regret": (REGRET,),
        "drawn": (),
    }
    return Analytics(**{**given, **changed})


def test_it_is_told_how_many_how_often_right_and_what_has_drifted() -> None:
    assert [
        "50 recommendations (scoreboard 30, ridge 2 (abc) 10), 30 with a reported outcome.",
        "Outcomes contradict the evaluations: small on law: quality 50.0 %, expected 80.0 % (30 outcomes, p = .0002).",
        "By today's evaluations, 90 % [80, 95] of 40 recommendations named the best candidate or one tied with it.",
        "Abstained: 20 % [10, 30] of 50.",
        "Regret 2026-05-04 to 2026-05-11: 1.25 points in 40 decisions.",
        "Reason to re-evaluate and retrain: the outcomes of small on law are 0.3 below what was expected (28 prompts).",
    ] == analytics_lines(analytics())


def test_what_outcomes_contradict_is_not_called_right_by_evaluations() -> None:
    lines = analytics_lines(analytics(n_contradicted=28, right=None, regret=()))
    assert (
        "28 recommendations of it cannot be judged by evaluations that the reported outcomes contradict; they are "
        "excluded below."
    ) in lines
    assert not any("named the best" in line or line.startswith("Regret") for line in lines)


def test_latencies_and_better_outcomes_are_drifts_that_contradict_nothing() -> None:
    slower = replace(DRIFT, quantity="latency_s", expected=0.05, observed=0.5, difference=0.45)
    better = replace(DRIFT, expected=0.4, observed=0.8, difference=0.4)
    lines = analytics_lines(analytics(drifts=(slower, better)))
    assert 2 == sum(line.startswith("Drift: small on law") for line in lines)
    assert not any("contradict" in line for line in lines)


def test_nothing_recommended_is_one_line() -> None:
    empty = analytics(
        n_recommendations=0, n_outcomes=0, abstained=None, right=None, by_decider=(), drifts=(), regret=()
    )

    assert ["No recommendations yet."] == analytics_lines(empty)


def test_json_holds_all_of_it() -> None:
    found = json.loads(json.dumps(analytics_as_json(analytics())))

    assert {"scoreboard": 30, "ridge 2 (abc)": 10} == found["by_decider"]
    assert "2026-05-04T00:00:00+00:00" == found["regret"][0]["begins_at"]
    assert (0.9, None, -0.3) == (found["right"]["value"], found["ok"], found["drifts"][0]["difference"])
    assert found["reason_to_retrain"].startswith("the outcomes of small on law")
