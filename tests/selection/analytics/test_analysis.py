from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import binomtest
from simulated_evidence import evidence_of

from selection.analytics.analysis import analysed, drawn_contrasts
from selection.analytics.regret import judged, regret_over_time
from selection.decisions.drift import drifts
from selection.decisions.past_decisions import PastDecision
from selection.preferences import Constraints, Weights
from selection.scoreboard import Deviations
from selection.scoreboards.building import build_scoreboard

MOMENT = datetime(2026, 5, 4, 13, tzinfo=UTC)
LABELS = ("large", "middle", "small")


def past(number=0, label="large", **given):
    """A decision; each number is another prompt."""
    known = {
        "id": f"r{number}",
        "task": "summarization",
        "prompt_hash": f"p{number}",
        "prompt": None,
        "constraints": Constraints(),
        "weights": Weights(),
        "on_tie": "best",
        "candidate_key": None if label is None else f"key of {label}",
        "candidate_label": label,
        "expected_quality": 0.7,
        "expected_quality_se": 0.0,
        "expected_latency_s": 2.0,
        "tied": (),
        "decided_by": "scoreboard",
        "created_at": MOMENT,
        "propensity": None,
        "quality": None,
        "latency_s": None,
        "ok": None,
        "reported_at": None,
    }
    if given.keys() & {"quality", "latency_s", "ok"}:
        known["reported_at"] = MOMENT
    return PastDecision(**(known | given))


@pytest.fixture(scope="module")
def today():
    rng = np.random.default_rng(3)
    case = rng.normal(0, 0.05, (200, 1))
    quality = np.clip(np.array([0.8, 0.79, 0.5]) + case + rng.normal(0, 0.05, (200, 3)), 0, 1)
    quality[:, 1] += quality[:, 0].mean() - quality[:, 1].mean() - 0.001
    return build_scoreboard(evidence_of({"summarization": np.clip(quality, 0, 1)}, labels=LABELS))


def test_who_is_best_or_not_told_from_the_best_was_right_and_others_were_not(today):
    found = judged([past(1, "large"), past(2, "middle"), past(3, "small")], today)
    assert [True, True, False] == [one.is_right for one in found]
    assert 0 == found[0].regret
    assert 0.1 == pytest.approx(found[1].regret, abs=1e-6)
    assert 30 == pytest.approx(found[2].regret, abs=2)


def test_abstentions_and_unmeasured_tasks_are_not_judged(today):
    assert () == judged([past(1, None), past(2, task="poetry")], today)


def test_a_candidate_that_is_gone_was_not_right_and_has_no_regret(today):
    (found,) = judged([past(1, "gone")], today)
    assert (False, None) == (found.is_right, found.regret)


def test_a_decision_is_judged_under_the_wishes_of_then(today):
    (found,) = judged([past(1, "small", weights=Weights(quality=0.0, cost=1.0))], today)
    assert found.regret == 0
    assert () == judged([past(1, constraints=Constraints(min_quality=0.99))], today)


class _FavoursTheSmallOne:
    version = "ridge 1"

    def deviations(self, task, prompt, keys):
        value = [0.6 if key == "key of small" and "code" in prompt else 0.0 for key in keys]
        return Deviations(value=np.array(value), se=np.full(len(keys), 0.01))


def test_a_decision_on_a_prompt_is_judged_by_what_is_expected_of_that_prompt(today):
    asked = [past(1, "small", prompt="some code"), past(2, "small", prompt="a poem"), past(3, "small")]
    found = judged(asked, today, _FavoursTheSmallOne())
    assert [True, False, False] == [one.is_right for one in found]
    assert 0 == found[0].regret


def test_regret_is_told_by_week_with_an_interval_over_prompts(today):
    first = [past(i, "small" if i < 5 else "large") for i in range(10)]
    later = [past(20 + i, "large", created_at=MOMENT + timedelta(days=15)) for i in range(10)]
    week, third = regret_over_time(judged([*later, *first], today))
    assert (datetime(2026, 5, 4, tzinfo=UTC), 10, 10) == (week.begins_at, week.n_decisions, week.n_questions)
    assert 15 == pytest.approx(week.points, abs=1)
    assert week.low < 15 < week.high
    assert (datetime(2026, 5, 18, tzinfo=UTC), 0.0) == (third.begins_at, third.points)


def test_the_same_prompt_asked_often_is_one_question(today):
    (week,) = regret_over_time(judged([past(1, "small") for _ in range(50)], today))
    assert (50, 1, None) == (week.n_decisions, week.n_questions, week.low)


def test_outcomes_below_what_was_expected_are_a_drift():
    rng = np.random.default_rng(5)
    group = [past(i, quality=float(value)) for i, value in enumerate(rng.normal(0.6, 0.1, 40))]
    (found,) = drifts(group)
    assert ("quality", 40, 40) == (found.quantity, found.n_outcomes, found.n_prompts)
    assert found.observed - found.expected == pytest.approx(found.difference)
    assert found.low < found.difference < found.high < 0
    assert found.has_drifted
    assert found.is_worse


def test_a_drift_by_hand_is_a_t_test_on_the_differences():
    from scipy.stats import ttest_1samp

    values = [0.5, 0.9, 0.4, 0.8, 0.65, 0.7, 0.3]
    (found,) = drifts([past(i, quality=value) for i, value in enumerate(values)])
    expected = ttest_1samp(np.array(values) - 0.7, 0)
    assert expected.pvalue == pytest.approx(found.p_value)
    assert tuple(expected.confidence_interval(0.95)) == pytest.approx((found.low, found.high))


def test_what_the_evidence_itself_does_not_know_is_no_drift():
    rng = np.random.default_rng(5)
    values = rng.normal(0.66, 0.05, 40)
    known = [past(i, quality=float(value)) for i, value in enumerate(values)]
    vague = [past(i, quality=float(value), expected_quality_se=0.05) for i, value in enumerate(values)]
    assert drifts(known)[0].has_drifted
    assert not drifts(vague)[0].has_drifted


def test_outcomes_of_one_prompt_are_one_question():
    (found,) = drifts([past(1, quality=0.1) for _ in range(100)])
    assert (100, 1, None, None) == (found.n_outcomes, found.n_prompts, found.low, found.p_value)


def test_under_six_prompts_nothing_is_tested():
    (found,) = drifts([past(i, quality=0.1 + i / 100) for i in range(5)])
    assert found.p_value is None
    assert found.high is not None


def test_without_drift_few_are_alarmed_however_many_are_tested():
    rng = np.random.default_rng(8)
    alarms = 0
    for _ in range(60):
        group = [
            past(100 * j + i, label=f"m{j}", quality=float(rng.normal(0.7, 0.2))) for j in range(6) for i in range(20)
        ]
        alarms += any(one.has_drifted for one in drifts(group))
    assert alarms <= 8


def test_answers_slower_than_their_percentile_are_a_drift():
    late = [past(i, latency_s=3.0 if i % 4 == 0 else 1.0) for i in range(60)]
    (found,) = drifts(late)
    assert ("latency_s", 0.25) == (found.quantity, found.observed)
    assert 0.05 == pytest.approx(found.expected)
    assert found.has_drifted
    assert found.is_worse
    in_time = [past(i, latency_s=3.0 if i % 20 == 0 else 1.0) for i in range(60)]
    assert not drifts(in_time)[0].has_drifted


def test_draws_are_compared_by_inverse_propensity_without_the_bias_of_who_was_named():
    # Questions are easy where `large` is named and hard where `middle` is; both answer them equally well.
    rng = np.random.default_rng(11)
    found = []
    for i in range(4_000):
        easy = bool(rng.integers(2))
        named, other = ("large", "middle") if easy else ("middle", "large")
        explored = rng.random() < 0.15
        label = other if explored else named
        found.append(
            past(
                i,
                label,
                quality=(0.9 if easy else 0.3) + float(rng.normal(0, 0.05)),
                tied=("large", "middle"),
                propensity=0.15 if explored else 0.85,
            )
        )
    (contrast,) = drawn_contrasts(found)
    naive = np.mean([one.quality for one in found if one.candidate_label == "large"]) - np.mean(
        [one.quality for one in found if one.candidate_label == "middle"]
    )
    assert naive > 0.3
    assert ("large", "middle") == (contrast.candidate, contrast.other)
    assert contrast.low < 0 < contrast.high
    assert abs(contrast.difference) < 0.06


def test_what_was_not_drawn_is_not_compared():
    assert () == drawn_contrasts([past(i, quality=1.0, tied=("large", "middle")) for i in range(100)])


def test_all_of_it_together(today):
    some = [
        past(1, None),
        past(2, "large", ok=True),
        past(3, "small", ok=False, decided_by="ridge 7 (3f2a9c)"),
        past(4, "large", quality=0.7),
    ]
    found = analysed(some, today)
    assert (4, 3) == (found.n_recommendations, found.n_outcomes)
    assert (0.25, 4) == (found.abstained.value, found.abstained.n)
    assert (2 / 3, 3) == (found.right.value, found.right.n)
    assert (0.5, 2) == (found.ok.value, found.ok.n)
    assert (("scoreboard", 2), ("ridge 7 (3f2a9c)", 1)) == found.by_decider
    assert found.right.low < 2 / 3 < found.right.high
    assert found.reason_to_retrain is None


def test_a_drift_of_quality_is_a_reason_to_train_again(today):
    found = analysed([past(i, quality=0.4 + i % 2 / 100) for i in range(20)], today)
    assert "the outcomes of large on summarization are 0.295 below what was expected (20 prompts)" == (
        found.reason_to_retrain
    )


def test_what_outcomes_contradict_is_not_judged_by_evaluations(today):
    poor = [past(i, quality=0.0, ok=False, expected_quality_se=0.02) for i in range(20)]
    found = analysed([*poor, past(21), past(22, "small")], today)
    assert {"quality", "ok"} == {one.quantity for one in found.contradicted}
    assert (21, 1, 0.0) == (found.n_contradicted, found.right.n, found.right.value)
    assert 1 == found.regret[0].n_decisions


def test_answers_of_no_use_are_a_drift_and_a_reason_to_train_again(today):
    found = analysed([past(i, ok=i == 0, expected_quality_se=0.05) for i in range(40)], today)
    (drift,) = found.drifted
    assert ("ok", 1 / 40, pytest.approx(0.602, abs=1e-3)) == (drift.quantity, drift.observed, drift.expected)
    assert binomtest(1, 40, drift.expected, alternative="less").pvalue == pytest.approx(drift.p_value)
    assert found.reason_to_retrain == (
        "2 % of the answers of large on summarization were useful, where at least 60 % was expected (40 prompts)"
    )


def test_more_answers_of_use_than_expected_are_no_drift(today):
    assert () == analysed([past(i, ok=True, expected_quality=0.3) for i in range(40)], today).drifted


def test_of_nothing_nothing_is_said(today):
    found = analysed([], today)
    assert (None, None, None, (), ()) == (found.abstained, found.right, found.ok, found.drifts, found.regret)
