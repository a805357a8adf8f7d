from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from learnable import learnable

from evaluation.records.evidence import Choosable
from selection.learning.learners import Ridge
from selection.learning.promotion import Rivalry, Staleness, compare, decide, staleness
from selection.learning.serving import ServedModel
from selection.learning.training import train
from selection.retraining import GainResult

EVIDENCE, PROMPTS = learnable(n_cases=240)


@cache
def model(*, signal: float = 0.4) -> ServedModel:
    evidence, prompts = learnable(n_cases=240, signal=signal)
    return train(evidence, prompts, rng=np.random.default_rng(0), learners=(Ridge(n_refits=4),)).model


def rivalry(value: float, low: float, high: float, n_families: int = 50) -> Rivalry:
    return Rivalry(gain=GainResult(value=value, low=low, high=high, n_cases=60, n_families=n_families), n_changed=9)


def test_a_model_that_reads_prompts_gains_over_one_that_does_not_and_is_promoted() -> None:
    dull = replace(model(), kind="best_per_task", learner=None)
    found = compare(model(), dull, EVIDENCE, PROMPTS)
    assert found is not None
    assert found.n_changed > 0
    decision = decide(model(), dull, found, staleness(dull, EVIDENCE))
    assert decision.promotes
    assert "gains over the champion" in decision.reason
    assert "points" in decision.reason


def test_a_model_does_not_gain_over_itself_and_is_kept() -> None:
    found = compare(model(), model(), EVIDENCE, PROMPTS)
    assert found is not None
    assert (0.0, 0) == (found.gain.value, found.n_changed)
    assert "keep" == decide(model(), model(), found, staleness(model(), EVIDENCE)).verdict


def test_nothing_is_compared_on_prompts_that_either_was_trained_on() -> None:
    greedy = replace(model(), trained_on=np.unique(np.concatenate([model().trained_on, all_codes()])))
    assert compare(model(), greedy, EVIDENCE, PROMPTS) is None
    assert "keep" == decide(model(), greedy, None).verdict


def all_codes() -> np.ndarray:
    from selection.learning.families import prompt_codes

    return prompt_codes(EVIDENCE.cases, PROMPTS)


@pytest.mark.parametrize(
    ("found", "verdict", "said"),
    [
        (rivalry(0.05, 0.01, 0.09), "promote", "+5.00 points [1.00, 9.00] on 60 held-out cases of 50 families"),
        (rivalry(0.05, -0.01, 0.11), "keep", "no real gain"),
        (rivalry(-0.05, -0.09, -0.01), "keep", "no real gain"),
        (rivalry(0.5, 0.4, 0.6, n_families=5), "keep", "6 are needed"),
        (None, "keep", "0 held-out families"),
    ],
)
def test_only_a_real_gain_moves_a_champion(found: Rivalry | None, verdict: str, said: str) -> None:
    decision = decide(model(), model(), found)
    assert verdict == decision.verdict
    assert said in decision.reason


def test_a_champion_whose_candidates_changed_is_replaced_unless_the_challenger_does_worse() -> None:
    renamed = (Choosable(key="new", label="new", model="new"), *EVIDENCE.candidates[1:])
    stale = staleness(model(), replace(EVIDENCE, candidates=renamed))
    assert Staleness(gone=("key0",), new=("new",), new_tasks=(), gone_tasks=()) == stale
    decision = decide(model(), model(), rivalry(0.0, -0.02, 0.02), stale)
    assert decision.promotes
    assert "candidates without evidence now: key0; new candidates: new" in decision.reason
    assert not decide(model(), model(), rivalry(-0.05, -0.09, -0.01), stale).promotes
    assert decide(model(), model(), None, stale).promotes


def test_tasks_that_are_gone_or_new_make_a_champion_stale() -> None:
    evidence, _ = learnable(n_cases=40, tasks=("code",))
    stale = staleness(model(), evidence)
    assert (("code",), ("reasoning",)) == (stale.new_tasks, stale.gone_tasks)
    assert not staleness(model(), EVIDENCE).is_stale


def test_the_first_model_is_promoted_unless_it_does_worse_than_the_scoreboard() -> None:
    found = compare(model(), None, EVIDENCE, PROMPTS)
    assert decide(model(), None, found).promotes
    assert not decide(model(), None, rivalry(-0.05, -0.09, -0.01)).promotes
    dull = replace(model(), kind="best_per_task", learner=None)
    assert "the scoreboard decides" in decide(dull, None, None).reason


def test_a_task_of_one_family_that_is_held_out_stands_in_the_report_and_makes_no_champion_stale() -> None:
    evidence, prompts = learnable(n_cases=60, tasks=("reasoning", *(f"task {i}" for i in range(12))))
    alone = (replace(case, family=f"of {case.task}") for case in evidence.cases)
    cases = (new if new.task.startswith("task") else case for case, new in zip(evidence.cases, alone, strict=True))
    evidence = replace(evidence, cases=tuple(cases))
    found = train(evidence, prompts, rng=np.random.default_rng(0), learners=(Ridge(n_refits=4),))
    rows = {task.task: task for task in found.report.tasks}
    left_out = set(rows) - set(found.model.tasks)
    assert left_out
    assert {case.task for case in evidence.cases} == set(rows)
    assert all("held out" in rows[task].reason for task in left_out)
    assert () == staleness(found.model, evidence).new_tasks
