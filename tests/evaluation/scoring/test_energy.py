import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_rows import save_outcomes
from stored_runs import answer, asked, numbers, store_run
from stored_stages import make_stage

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Outcome, Timing
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow
from evaluation.records.status import Status
from evaluation.scoring.energy import apportion_energy, shared_energy
from evaluation.store.gpu_samples import GpuSample, save_gpu_samples
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages, load_stages
from evaluation.store.tables import generation

Pairs = Sequence[tuple[float, float]]

STEADY = [(float(second), 100.0) for second in range(11)]
"""100 W from 0 to 10 s."""


def shared(samples: Pairs, intervals: Pairs) -> list[float | None]:
    """Energy of each interval (start, end) of samples (time, power); None where it is not known."""
    columns = [column for pairs in (samples, intervals) for column in np.array(pairs, dtype=float).reshape(-1, 2).T]
    return [None if math.isnan(joules) else float(joules) for joules in shared_energy(*columns)]


def test_a_lone_generation_takes_power_times_time() -> None:
    assert [300.0] == shared(STEADY, [(2.0, 5.0)])


def test_two_in_flight_share_what_the_card_draws_meanwhile() -> None:
    # 2 s alone and 2 s by halves, each.
    assert [300.0, 300.0] == shared(STEADY, [(0.0, 4.0), (2.0, 6.0)])


def test_power_is_straight_between_two_samples() -> None:
    # P = 100 t: 50 (9 - 1) from 1 to 3.
    assert [400.0] == shared([(0.0, 0.0), (4.0, 400.0)], [(1.0, 3.0)])


def test_of_rising_power_the_later_one_takes_more() -> None:
    # P = 100 t: 150 from 1 to 2 alone, 250 from 2 to 3 by halves, 350 from 3 to 4 alone.
    assert [275.0, 475.0] == shared([(0.0, 0.0), (4.0, 400.0)], [(1.0, 3.0), (2.0, 4.0)])


def test_the_order_of_samples_and_intervals_does_not_matter() -> None:
    assert [475.0, 275.0] == shared([(4.0, 400.0), (0.0, 0.0)], [(2.0, 4.0), (1.0, 3.0)])


def test_a_gap_in_the_samples_of_more_than_five_seconds_is_not_bridged() -> None:
    samples = [(0.0, 100.0), (1.0, 100.0), (6.5, 100.0), (7.5, 100.0)]

    found = shared(samples, [(0.0, 1.0), (0.5, 7.0), (2.0, 3.0), (6.5, 7.5)])

    assert [75.0, None, None, 75.0] == found


def test_a_gap_of_five_seconds_is_bridged() -> None:
    assert [400.0] == shared([(0.0, 100.0), (5.0, 100.0)], [(0.5, 4.5)])


def test_what_began_before_the_first_sample_has_no_energy_and_takes_its_share() -> None:
    assert [None, 300.0] == shared(STEADY, [(-1.0, 4.0), (2.0, 6.0)])


def test_what_ended_after_the_last_sample_has_no_energy() -> None:
    assert [None] == shared(STEADY, [(9.0, 10.5)])


def test_without_samples_nothing_has_energy() -> None:
    assert [None, None] == shared([], [(0.0, 1.0), (1.0, 2.0)])
    assert [] == shared(STEADY, [])


def test_one_sample_tells_nothing_of_a_stretch_of_time() -> None:
    assert [None] == shared([(0.0, 100.0)], [(-1.0, 1.0)])


def test_two_samples_of_one_moment_count_once() -> None:
    assert [200.0] == shared([*STEADY, *STEADY], [(1.0, 3.0)])


def test_many_generations_at_the_hour_of_today_keep_their_joules_exact() -> None:
    start = 1_790_000_000.0
    samples = [(start + second, 100.0) for second in range(1001)]
    intervals = [(start + index / 100, start + index / 100 + 0.16) for index in range(20_000)]

    found = shared(samples, intervals)

    assert 100.0 * 200.15 == pytest.approx(sum(joules or 0.0 for joules in found), rel=1e-9)


_MOMENT = st.integers(min_value=0, max_value=80).map(lambda eighths: eighths / 8)
_INTERVALS = st.lists(st.tuples(_MOMENT, _MOMENT).map(lambda ends: (min(ends), max(ends))), max_size=12)
_POWERS = st.lists(st.integers(min_value=0, max_value=700), min_size=11, max_size=11)


@given(powers=_POWERS, intervals=_INTERVALS)
def test_what_is_shared_out_is_what_the_card_drew_while_anybody_was_in_flight(
    powers: list[int], intervals: list[tuple[float, float]]
) -> None:
    samples = [(float(second), float(power)) for second, power in enumerate(powers)]
    moments = sorted({moment for interval in intervals for moment in interval})
    stretches = [
        (begin, end)
        for begin, end in pairwise(moments)
        if any(start <= begin and end <= stop for start, stop in intervals)
    ]
    drawn = sum(joules for stretch in stretches for joules in shared(samples, [stretch]) if joules is not None)

    energies = shared(samples, intervals)

    assert None not in energies
    assert math.isclose(drawn, sum(joules or 0.0 for joules in energies), rel_tol=1e-9, abs_tol=1e-6)


@given(powers=_POWERS, intervals=_INTERVALS)
def test_nobody_takes_more_than_if_alone(powers: list[int], intervals: list[tuple[float, float]]) -> None:
    samples = [(float(second), float(power)) for second, power in enumerate(powers)]

    for interval, joules in zip(intervals, shared(samples, intervals), strict=True):
        (alone,) = shared(samples, [interval])
        assert joules is not None
        assert alone is not None
        assert -1e-9 <= joules <= alone + 1e-6


class Measured:
    """A run whose clock begins when it was stored."""

    def __init__(self, store: Store, run_id: str = "run-1") -> None:
        self.store, self.invocation_id = store, f"of-{run_id}"
        store_run(store, asked("m:1b"), cases=numbers(20), run_id=run_id, status=Status.RUNNING, scored=False)
        self.run_candidate_id = find_run(store, run_id).candidates[0].run_candidate_id
        self.began = datetime.now(UTC)
        self._n = 0

    def at(self, second: float) -> datetime:
        return self.began + timedelta(seconds=second)

    def sampled(self, power_w: float | None = 100.0, *, endpoint: str = "here", gpu: int = 0, until: int = 10) -> None:
        samples = [
            GpuSample(
                endpoint=endpoint,
                gpu_index=gpu,
                gpu_name="Fake",
                gpu_uuid=f"GPU-{gpu}",
                sampled_at=self.at(second),
                power_w=power_w,
            )
            for second in range(until + 1)
        ]
        save_gpu_samples(self.store, self.invocation_id, samples)

    def outcome(self, outcome: Outcome, *, end: float, endpoint: str = "here") -> str:
        case_id = f"c{self._n}"
        self._n += 1
        row = OutcomeRow(
            run_candidate_id=self.run_candidate_id,
            case_id=case_id,
            repeat=0,
            outcome=outcome,
            endpoint=endpoint,
            finished_at=self.at(end),
        )
        save_outcomes(self.store, [row])
        return case_id

    def answered(self, begin: float, end: float, *, endpoint: str = "here", reused: bool = False) -> str:
        return self.outcome(answer("1", timing=Timing(total_s=end - begin), reused=reused), end=end, endpoint=endpoint)

    def staged(self, name: str, begin: float, end: float, *, case_id: str = "c0") -> StageRow:
        generation = answer("1", timing=Timing(total_s=end - begin))
        return make_stage(self.run_candidate_id, name, case_id=case_id, generation=generation, finished_at=self.at(end))

    def energies(self) -> list[float | None]:
        apportion_energy(self.store, self.invocation_id)
        wanted = generation.select().where(generation.c.run_candidate_id == self.run_candidate_id)
        with self.store.read() as connection:
            found = {row.case_id: row.energy_j for row in connection.execute(wanted)}
        taken = [found[f"c{index}"] for index in range(self._n)]
        return [None if joules is None else round(joules, 1) for joules in taken]


def test_answers_of_a_run_are_given_their_joules(store: Store) -> None:
    run = Measured(store)
    run.sampled()
    run.answered(0, 4)
    run.answered(2, 6)
    run.answered(9, 12)

    assert [300.0, 300.0, None] == run.energies()


def test_an_answer_of_a_pipeline_has_the_sum_of_its_stages_which_share_with_others(store: Store) -> None:
    run, beside = Measured(store), Measured(store, "run-2")
    beside.began = run.began
    run.sampled()
    beside.sampled()
    # The answer's own total_s is the sum of its stages: 5 s, of which it was in flight from 0 to 2 and from 6 to 9.
    run.answered(4, 9)
    run.answered(0, 1)
    beside.answered(1, 3)
    with store.write() as connection:
        insert_stages(connection, [run.staged("draft", 0, 2), run.staged("revision", 6, 9)])
        insert_stages(connection, [run.staged("draft", 9, 12, case_id="c1")])

    assert [150.0 + 300.0, None] == run.energies()
    assert [150.0] == beside.energies()
    joules = {row.name: row.generation.energy_j for row in load_stages(store, run.run_candidate_id, ["c0"])["c0", 0]}
    assert {"draft": 150.0, "revision": 300.0} == {name: round(each or 0.0, 1) for name, each in joules.items()}


def test_a_servers_failure_takes_its_share_and_has_no_energy_of_its_own(store: Store) -> None:
    run = Measured(store)
    run.sampled()
    run.outcome(Failure(kind=FailureKind.TIMED_OUT, message="too slow", total_s=4.0), end=4)
    run.answered(0, 4)

    assert [None, 200.0] == run.energies()


def test_a_reused_answer_neither_takes_nor_has_energy(store: Store) -> None:
    run = Measured(store)
    run.sampled()
    run.answered(0, 4, reused=True)
    run.answered(0, 4)

    assert [None, 400.0] == run.energies()


def test_an_answer_without_a_time_has_no_energy(store: Store) -> None:
    run = Measured(store)
    run.sampled()
    run.outcome(answer("1", timing=None), end=4)

    assert [None] == run.energies()


def test_an_endpoint_that_was_not_sampled_has_no_energy(store: Store) -> None:
    run = Measured(store)
    run.sampled()
    run.answered(0, 4, endpoint="elsewhere")
    run.answered(0, 4)

    assert [None, 400.0] == run.energies()


def test_a_card_that_does_not_say_its_power_leaves_energy_unknown(store: Store) -> None:
    run = Measured(store)
    run.sampled(power_w=None)
    run.answered(0, 4)

    assert [None] == run.energies()


def test_a_run_without_samples_is_left_as_it_is(store: Store) -> None:
    run = Measured(store)
    run.answered(0, 4)

    assert [None] == run.energies()


def test_a_model_on_two_gpus_takes_the_joules_of_both(store: Store) -> None:
    run = Measured(store)
    run.sampled(100.0, gpu=0)
    run.sampled(50.0, gpu=1)
    run.answered(0, 4)

    assert [600.0] == run.energies()


def test_two_endpoints_on_one_gpu_share_it(store: Store) -> None:
    run = Measured(store)
    run.sampled(endpoint="here")
    run.sampled(endpoint="there")
    run.answered(0, 4, endpoint="here")
    run.answered(0, 2, endpoint="there")

    assert [300.0, 100.0] == run.energies()


def test_an_evaluation_beside_it_on_the_same_card_takes_its_share(store: Store) -> None:
    run, beside = Measured(store), Measured(store, "run-2")
    beside.began = run.began
    run.sampled()
    beside.sampled(until=4)
    run.answered(0, 4)
    beside.answered(0, 2)

    assert [300.0] == run.energies()
    assert [100.0] == beside.energies()


def test_an_evaluation_beside_it_on_another_card_takes_nothing(store: Store) -> None:
    run, beside = Measured(store), Measured(store, "run-2")
    beside.began = run.began
    run.sampled()
    beside.sampled(gpu=1)
    run.answered(0, 4)
    beside.answered(0, 2)

    assert [400.0] == run.energies()


def test_a_resumed_run_comes_to_the_same_numbers_and_more(store: Store) -> None:
    run = Measured(store)
    run.sampled()
    run.answered(0, 4)
    assert [400.0] == run.energies()

    run.answered(5, 6)

    assert [400.0, 100.0] == run.energies()
