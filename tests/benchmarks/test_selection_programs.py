import gzip
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def pools_module() -> Any:
    return importlib.import_module("selection_pools")


def drawn(signal: str, n_cases: int = 80) -> Any:
    rng, pools = np.random.default_rng(4), pools_module()
    return pools.draw_pool(pools.SIGNALS[signal], n_cases=n_cases, n_candidates=4, rng=rng)


def test_a_pool_is_the_same_for_the_same_seed() -> None:
    one, two = drawn("by prompt"), drawn("by prompt")
    assert one.prompts == two.prompts
    assert one.evidence.quality.tolist() == two.evidence.quality.tolist()


def test_without_a_signal_one_candidate_is_the_best_for_every_prompt() -> None:
    chance = drawn("none").chance
    inside = ((chance > 0.02) & (chance < 0.98)).all(axis=1)
    assert 1 == len(set(chance[inside].argmax(axis=1).tolist()))


def test_answers_are_drawn_from_the_chances() -> None:
    pool = drawn("by task", n_cases=400)
    rows = pool.evidence
    found = [rows.quality[rows.candidate == at].mean() for at in range(4)]
    np.testing.assert_allclose(found, pool.chance.mean(axis=0), atol=0.06)


def test_noise_turns_a_tenth_of_the_labels_and_gaps_take_half_of_one_candidate() -> None:
    evidence = drawn("none", n_cases=300).evidence
    pools = pools_module()
    noisy = pools.with_label_noise(evidence, 0.1, np.random.default_rng(0))
    assert 0.08 < (noisy.quality != evidence.quality).mean() < 0.12
    gaps = pools.with_gaps(evidence, 2, np.random.default_rng(0))
    counts = np.bincount(gaps.candidate) / len(evidence.cases)
    assert [1.0, 1.0, 1.0] == counts[[0, 1, 3]].tolist()
    assert 0.45 < counts[2] < 0.55


def test_a_pair_that_differs_by_five_points_is_drawn_so() -> None:
    pair: Any = importlib.import_module("selection_pair")
    evidence = pair._drawn(20_000, np.random.default_rng(0))
    better, worse = (evidence.quality[evidence.candidate == at] for at in (0, 1))
    assert 0.05 == pytest.approx(abs(float(better.mean() - worse.mean())), abs=0.01)
    assert 0.25 == pytest.approx(float((better != worse).mean()), abs=0.01)
    shares = pair.pair_shares(n_draws=20, n_cases=60, rng=np.random.default_rng(0))
    assert {"named", "tie_said", "among_the_tied"} == shares.keys()


def test_a_missed_bound_is_named_and_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    bounds: Any = importlib.import_module("selection_bounds")
    held, missed = bounds.Bound(name="held", value=0.5, most=1), bounds.Bound(name="missed", value=np.nan, least=0)
    assert 1 == bounds.printed("some_program", [held, missed])
    found = json.loads(capsys.readouterr().out.replace("NaN", "null"))
    assert (False, ["missed"]) == (found["holds"], found["missed"])
    assert 0 == bounds.printed("some_program", [held])


@pytest.fixture
def gsm8k(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*options: str) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr(sys, "argv", ["selection_gsm8k", *options])
        status: int = importlib.import_module("selection_gsm8k").main()
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return status, found

    return run


def test_the_replay_skips_clearly_where_its_data_are_not(gsm8k: Any, tmp_path: Path) -> None:
    status, found = gsm8k(str(tmp_path))
    assert 0 == status
    assert "cases.jsonl.gz" in found["skipped"]


def test_the_replay_names_the_best_of_recorded_systems(gsm8k: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with gzip.open(tmp_path / "cases.jsonl.gz", "wt", encoding="utf-8") as lines:
        for at in range(120):
            models = {name: {"correct": bool(rng.random() < p)} for name, p in (("weak", 0.2), ("strong", 0.8))}
            case = {"case_id": f"case {at}", "prompt": f"How much is {at} and {at % 7} of them?", "models": models}
            lines.write(json.dumps(case) + "\n")
    status, found = gsm8k(str(tmp_path), "--splits=2")
    assert (0, True) == (status, found["holds"])
    assert all(split["model"] == split["best_single"] for split in found["splits"])


@pytest.mark.parametrize("kind", ["task", "length", "topic", "difficulty", "none", "near", "dear is worse"])
def test_pools_of_every_kind_are_the_same_for_the_same_seed_and_know_what_they_are_drawn_with(kind: str) -> None:
    kinds: Any = importlib.import_module("selection_kinds")

    def drawn(known: str) -> Any:
        rng = np.random.default_rng(3)
        return kinds.draw(kinds.draw_as(kind, known, rng, n_cases=60), rng)

    one, two = drawn("both"), drawn("both")
    assert one.prompts == two.prompts
    assert one.evidence.quality.tolist() == two.evidence.quality.tolist()
    assert ((one.chance > 0) & (one.chance < 1)).all()
    assert np.isfinite(one.evidence.cost_usd).all()
    assert all(candidate.memory_bytes for candidate in one.evidence.candidates)
    bare = drawn("nothing").evidence
    assert np.isnan(bare.cost_usd).all()
    assert not any(candidate.memory_bytes for candidate in bare.candidates)


def test_a_default_that_loses_or_tells_too_much_misses_its_bounds() -> None:
    defaults: Any = importlib.import_module("selection_defaults")
    kinds: Any = importlib.import_module("selection_kinds")

    def served(at: int, **found: float) -> Any:
        drawn = kinds.draw_as("topic", "both", np.random.default_rng(at), n_cases=500)
        known: dict[str, Any] = {
            "single": 0.6,
            "default": 0.62,
            "best": 0.62,
            "forest": 0.61,
            "announced": 0.02 + 0.001 * (at % 3 - 1),
        }
        rest = {"calibration_error": 0.02, "cost_share": 1.0, "below_route": 0.0, "falls": 0.0, "below_single": 0.0}
        return defaults.Served(way="task named", drawn=drawn, learner="ridge", **{**known, **rest, **found})

    assert all(bound.holds for bound in defaults.bounds_of([served(at) for at in range(6)]))
    for wrong in (
        {"default": 0.55},
        {"forest": 0.66},
        {"announced": 0.09},
        {"calibration_error": 0.05},
        {"below_route": 0.02},
    ):
        assert not all(bound.holds for bound in defaults.bounds_of([served(at, **wrong) for at in range(6)]))


def test_a_forest_names_whom_the_words_of_a_prompt_speak_for() -> None:
    forest: Any = importlib.import_module("selection_forest")
    rng = np.random.default_rng(0)
    is_code = rng.random(300) < 0.5
    prompts = [f"{'compile the function' if code else 'knead the dough'} {rng.integers(1_000)}" for code in is_code]
    values = np.stack([is_code, ~is_code], axis=1).astype(np.float64)
    values[rng.random(values.shape) < 0.1] = np.nan
    tasks = np.repeat("any", 300)
    named = forest.forest_names((prompts[:250], tasks[:250], values[:250]), (prompts[250:], tasks[250:]), seed=0)
    assert np.where(is_code[250:], 0, 1).tolist() == named.tolist()


def test_a_run_that_was_cut_short_is_gone_on_with_and_what_other_code_made_is_made_again(tmp_path: Path) -> None:
    kept_jobs, defaults = importlib.import_module("kept_jobs"), importlib.import_module("selection_defaults")
    drawn_as = importlib.import_module("selection_kinds").Drawn(
        kind="near", known="both", n_tasks=1, n_cases=np.int64(60), n_candidates=2, missing=0.0, noise=np.float64(0.1)
    )
    figures = dict.fromkeys(("single", "default", "best", "forest", "calibration_error", "cost_share"), 0.5)
    streams = dict.fromkeys(("announced", "below_route", "falls", "below_single"))
    made: list[int] = []

    def pool(job: int) -> Any:
        made.append(job)
        return defaults.Served(way="permuted", drawn=drawn_as, learner=f"ridge {job}", **figures, **streams)

    path = tmp_path / "kept.jsonl"

    def run(jobs: list[int], made_by: str) -> list[str]:
        found = kept_jobs.KeptJobs(path, made_by).each(map, pool, jobs, defaults.served_again)
        return sorted(one.learner for one in found)

    assert ["ridge 1", "ridge 2"] == run([1, 2], "code")
    with path.open("a") as file:
        file.write('\n{"job": "cut')
    assert ["ridge 1", "ridge 2", "ridge 3"] == run([1, 2, 3], "code")
    assert ["ridge 3"] == run([3], "code")
    assert [1, 2, 3] == made
    assert ["ridge 1"] == run([1], "other code")
    assert [1, 2, 3, 1] == made
    assert kept_jobs.code_of("selection/*.py") != kept_jobs.code_of("selection/**/*.py")
