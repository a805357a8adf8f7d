import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from learnable import learnable

from evaluation.errors import ConfigurationError
from evaluation.records.evidence import Evidence
from evaluation.results.as_json import as_json
from selection.learning.families import prompt_codes
from selection.learning.learners import Neighbours, Ridge
from selection.learning.training import Trained, train

EVIDENCE, PROMPTS = learnable()
QUICK = (Ridge(n_refits=4),)


def trained(evidence: Evidence = EVIDENCE, prompts: tuple[str, ...] = PROMPTS) -> Trained:
    return train(evidence, prompts, rng=np.random.default_rng(0), learners=QUICK)


@cache
def usual() -> Trained:
    return trained()


def test_where_prompts_tell_the_candidates_apart_the_model_names_the_right_one() -> None:
    found = usual()
    model = found.model
    keys = ("key0", "key1", "key2")
    for place, prompt in enumerate(("return a tuple index list", "the siege of the king", "whisk flour and butter")):
        deviations = model.deviations("reasoning", prompt, keys)
        assert deviations is not None
        assert place == int(np.argmax(deviations.value))
        assert (deviations.se > 0).all()
    assert ("ridge", "ridge (not stored)") == (found.model.kind, model.version)


def test_the_last_test_is_on_families_that_nothing_was_learned_from() -> None:
    found = usual()
    last = found.report.held_out
    assert last is not None
    assert len(PROMPTS) == last.n_cases + found.report.n_cases
    codes = prompt_codes(EVIDENCE.cases, PROMPTS)
    assert found.report.n_cases == np.isin(codes, found.model.trained_on).sum()
    assert last.over_single.value == pytest.approx(last.model - last.best_single)
    assert last.regret == pytest.approx(last.oracle - last.model)
    assert last.model > last.best_per_task + 0.1


def test_without_a_signal_no_candidate_deviates() -> None:
    evidence, prompts = learnable(signal=0.0)
    found = train(evidence, prompts, rng=np.random.default_rng(0), learners=(*QUICK, Neighbours()))
    assert "best_per_task" == found.model.kind
    deviations = found.model.deviations("reasoning", prompts[0], found.model.keys)
    assert deviations is not None
    assert not deviations.value.any()
    assert not deviations.se.any()


def test_a_task_without_a_signal_keeps_zero_beside_one_that_has_it() -> None:
    evidence, prompts = learnable(n_cases=200, tasks=("code", "reasoning"))
    of_task = np.array([case.task == "code" for case in evidence.cases])[evidence.case]
    drawn = np.random.default_rng(3).random(len(evidence.quality)) < 0.5
    found = trained(replace(evidence, quality=np.where(of_task, drawn, evidence.quality)), prompts)
    assert "ridge" == found.model.kind
    silent = found.model.deviations("code", prompts[0], found.model.keys)
    telling = found.model.deviations("reasoning", prompts[0], found.model.keys)
    assert silent is not None
    assert not silent.value.any()
    assert telling is not None
    assert telling.value.any()
    assert ["best_per_task", "ridge"] == [task.learner for task in found.report.tasks]


def test_a_task_that_was_never_seen_is_not_known() -> None:
    model = usual().model
    assert model.deviations("summarization", "anything", ("key0",)) is None
    assert model.deviations(None, "anything", ("key0",)) is None


def test_candidates_that_are_new_do_not_deviate_and_the_order_asked_for_is_kept() -> None:
    model = usual().model
    known = model.deviations("reasoning", PROMPTS[0], ("key0", "key1", "key2"))
    asked = model.deviations("reasoning", PROMPTS[0], ("key2", "new", "key0"))
    assert known is not None
    assert asked is not None
    assert [known.value[2], 0.0, known.value[0]] == asked.value.tolist()
    assert [known.se[2], 0.0, known.se[0]] == asked.se.tolist()


def test_the_same_seed_gives_the_same_model_and_report() -> None:
    one, two = usual(), trained()
    assert one.report == two.report
    a, b = (found.model.deviations("reasoning", PROMPTS[5], found.model.keys) for found in (one, two))
    assert a is not None
    assert b is not None
    assert a.value.tolist() == b.value.tolist()


def test_a_candidate_that_half_of_the_cases_lack_is_learned_from_the_other_half() -> None:
    missed = np.random.default_rng(1).random(len(PROMPTS)) < 0.5
    rows = ~((EVIDENCE.candidate == 1) & missed[EVIDENCE.case])
    columns = ("candidate", "case", "quality", "latency_s", "cost_usd", "energy_j")
    found = trained(replace(EVIDENCE, **{name: getattr(EVIDENCE, name)[rows] for name in columns}))
    deviations = found.model.deviations("reasoning", "the siege of the king and his crown", found.model.keys)
    assert deviations is not None
    assert 1 == int(np.argmax(deviations.value))


def test_repeats_of_a_case_are_averaged_before_anything_is_learned() -> None:
    columns = ("candidate", "case", "quality", "latency_s", "cost_usd", "energy_j")
    twice = replace(EVIDENCE, **{name: np.tile(getattr(EVIDENCE, name), 2) for name in columns})
    once, again = usual().model, trained(twice).model
    a, b = (model.deviations("reasoning", PROMPTS[3], model.keys) for model in (once, again))
    assert a is not None
    assert b is not None
    np.testing.assert_allclose(a.value, b.value, atol=1e-9)


@pytest.mark.parametrize("n_cases", [0, 1, 3, 25])
def test_little_evidence_leaves_the_scoreboard_to_decide(n_cases: int) -> None:
    evidence, prompts = learnable(n_cases=n_cases)
    found = trained(evidence, prompts)
    assert "best_per_task" == found.model.kind
    assert "needs 2 candidates and 30 families of prompts; there are 3 and" in found.trial.reason


def test_a_single_candidate_leaves_nothing_to_choose() -> None:
    assert "best_per_task" == trained(*learnable(n_candidates=1)).model.kind


def test_prompts_of_other_cases_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="3 prompts for 160 cases"):
        trained(EVIDENCE, PROMPTS[:3])


def test_the_report_is_json_with_what_retraining_shows() -> None:
    report = json.loads(json.dumps(as_json(usual().report), allow_nan=False))
    assert {"model", "best_single", "oracle_share", "top_1", "calibration_error", "cap"} <= report["held_out"].keys()
    assert 0 == report["held_out"]["cap"]["n_violations"]
    (task,) = report["tasks"]
    assert ("reasoning", "ridge") == (task["task"], task["learner"])
    assert {"value", "low", "high", "n_cases", "n_families"} < task["gains"]["ridge"].keys()
