"""Costs of many answers at once equal those of each answer, summed by itself."""

import inspect
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from stored_runs import Asked, answer, numbers, store_run
from stored_stages import NOON, make_stage

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.generation import Generation, Timing
from evaluation.metrics import METRICS
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.speed import SPEED_METRICS, EnergyJ, LatencyS
from evaluation.outcome_fields import TEXTS
from evaluation.pipelines.cascade import ESCALATED, Cascade
from evaluation.records.stages import StageRow, summed
from evaluation.run_results.cascade_figures import chat_figures
from evaluation.run_results.cascade_result import cascade_result, cascade_shares
from evaluation.scores import Measurement
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.stage_columns import load_chats
from evaluation.store.stage_rows import insert_stages

N = 60
NAMES = ("answer", "sample 1", "sample 2", ESCALATED)
PRICES = {"small:1b": CostUsd(input_per_million=0.3, output_per_million=0.7), "big:7b": CostUsd(per_kwh=0.3)}


def cascade_run(store: Store) -> int:
    """Store a run of a cascade without stages, and return its candidate's row."""
    options = {"large": "big:7b", "signal": "logprob", "threshold": "-0.5"}
    signature = Cascade(large="big:7b", signal="logprob", threshold=-0.5).signature
    choice = PipelineChoice(name="cascade", options=options, signature=signature, models={"big:7b": "digest"})
    cases = numbers(N)
    outcomes = {case.case_id: answer(case.references[0]) for case in cases}
    candidate = Candidate(model="small:1b", digest="other digest", pipeline=choice)
    store_run(store, Asked(candidate=candidate, outcomes=outcomes), cases=cases)
    return find_run(store, "run-1").candidates[0].run_candidate_id


def random_stages(row_id: int, rng: np.random.Generator) -> list[StageRow]:
    """Stages of all cases but the last, overlapping or in turn, of unequal number, some without a figure."""

    def perhaps(value: float) -> float | None:
        return None if rng.random() < 0.1 else value

    rows = []
    for case in range(N - 1):
        for position, name in enumerate(NAMES[: int(rng.integers(1, len(NAMES) + 1))]):
            load_s = perhaps(float(rng.random()))
            timing = Timing(total_s=3 * float(rng.random()), load_s=load_s) if rng.random() < 0.95 else None
            tokens = [None if rng.random() < 0.1 else int(n) for n in rng.integers(1, 10_000, 2)]
            generation = Generation(
                answer="4",
                text="4",
                timing=timing,
                prompt_tokens=tokens[0],
                output_tokens=tokens[1],
                energy_j=perhaps(float(rng.random())),
                cold=bool(rng.random() < 0.3),
                reused=bool(rng.random() < 0.1),
            )
            row = make_stage(row_id, name, model="big:7b" if name == ESCALATED else "small:1b", position=position)
            finished_at = NOON + timedelta(seconds=float(rng.random() * 4))
            rows.append(replace(row, case_id=f"c{case}", generation=generation, finished_at=finished_at))
    return rows


def cost_of(stages: list[StageRow]) -> float | None:
    """Costs of the stages added up; None where one has none."""
    costs = [PRICES[stage.model or ""].measure_answer(numbers(1)[0], stage.generation) for stage in stages]
    values = [cost.value for cost in costs if cost is not None]
    return sum(values) if len(values) == len(stages) else None


def expected_of(stages: list[StageRow]) -> list[float | None]:
    """Latency, tokens, joules and dollars of an answer, from the sums that a run stores."""
    if not stages:
        return [None] * 5
    whole = summed(stages)
    timed = [metric.measure(numbers(1)[0], (whole,), {}) for metric in (LatencyS(), EnergyJ())]
    latency, energy = (each.value if isinstance(each, Measurement) else None for each in timed)
    return [latency, whole.prompt_tokens, whole.output_tokens, energy, cost_of(stages)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("of", [NAMES, NAMES[:-1], NAMES[-1:]])
def test_figures_of_all_answers_equal_those_of_each_summed_by_itself(
    store: Store, seed: int, of: tuple[str, ...]
) -> None:
    row_id, rng = cascade_run(store), np.random.default_rng(seed)
    rows, is_reused = random_stages(row_id, rng), rng.random(N) < 0.2
    with store.write() as connection:
        insert_stages(connection, rows)
    chats = load_chats(store, row_id, [f"c{case}" for case in range(N)])

    figures = chat_figures(
        chats,
        np.array([int(case_id[1:]) for case_id in chats.case_ids]),
        np.array([name in of for name in chats.names]),
        is_reused=is_reused,
        prices=PRICES,
    )

    for case in range(N):
        stages = [
            replace(row, generation=replace(row.generation, reused=row.generation.reused or bool(is_reused[case])))
            for row in rows
            if row.case_id == f"c{case}" and row.name in of
        ]
        expected = [np.nan if value is None else value for value in expected_of(stages)]
        np.testing.assert_equal([figures[name][case] for name in figures], expected, err_msg=f"case {case}")


def test_the_shares_are_those_of_the_curves_and_score_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    row_id = cascade_run(store)
    rows = []
    for case in range(N):
        for position, name in enumerate(("answer", ESCALATED)):
            reply = replace(answer("4"), mean_logprob=-case / N)
            row = make_stage(row_id, name, model="big:7b" if position else "small:1b", position=position)
            stage = replace(row.reply, generation=reply, mean_logprob=reply.mean_logprob)
            rows.append(replace(row, case_id=f"c{case}", generation=reply, reply=stage))
    with store.write() as connection:
        insert_stages(connection, rows)
    (curve,) = cascade_result(store, "run-1").curves

    def refuse(*_: object) -> None:
        raise AssertionError("an answer was scored")

    monkeypatch.setattr("evaluation.run_results.cascade_scoring.SideScores.of", refuse)
    (share,) = cascade_shares(store, "run-1")

    assert share.share_escalated is not None
    assert (29 / 60, curve.label) == (pytest.approx(share.share_escalated.value), share.label)
    assert curve.share_escalated == share.share_escalated


def test_metrics_of_texts_read_nothing_of_an_answer_that_the_curve_does_not_give_them() -> None:
    given = {*TEXTS, "sources"}
    for name in METRICS:
        if name in SPEED_METRICS:
            continue
        source = Path(inspect.getfile(METRICS[name])).read_text("utf-8")
        fields = "|".join(each for each in Generation.__dataclass_fields__)
        assert set(re.findall(rf"\bgenerations?(?:\[\d\])?\.({fields})\b", source)) <= given, name
