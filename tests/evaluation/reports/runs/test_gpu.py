from datetime import UTC, datetime, timedelta

import pytest
from run_results import a_run_result
from stored_rows import save_outcomes
from stored_runs import answer, asked, numbers, store_run

from evaluation.generation import Timing
from evaluation.metrics.parsing import parse_metric
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.status import Status
from evaluation.reports.runs.gpu import gpu_lines
from evaluation.results.runs import GpuResult
from evaluation.run_results.case_result import case_result
from evaluation.run_results.run_result import run_result
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.scoring.energy import apportion_energy
from evaluation.store.gpu_samples import GpuSample, gpu_summary, save_gpu_samples
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def _sampled_run(
    store: Store, texts: list[str], *, power_w: float | None = 100.0, headline: str = "exact_match"
) -> str:
    """A run of a second an answer, one after the other, on a GPU of that power."""
    run_id = store_run(
        store,
        asked("m:1b"),
        cases=numbers(len(texts)),
        metrics=(headline,),
        headline=headline,
        scored=False,
        status=Status.RUNNING,
    )
    row_id = find_run(store, run_id).candidates[0].run_candidate_id
    began = datetime.now(UTC)
    moments = [began + timedelta(seconds=second) for second in range(len(texts) + 1)]
    rows = [
        OutcomeRow(
            run_candidate_id=row_id,
            case_id=f"c{index}",
            repeat=0,
            outcome=answer(text, timing=Timing(total_s=1.0)),
            endpoint="here",
            finished_at=moments[index + 1],
        )
        for index, text in enumerate(texts)
    ]
    save_outcomes(store, rows)
    samples = [
        GpuSample(
            endpoint="here",
            gpu_index=0,
            gpu_name="NVIDIA H100",
            gpu_uuid="GPU-1",
            sampled_at=moment,
            utilisation=0.25 * (index + 1),
            memory_used_bytes=40_000_000_000,
            memory_total_bytes=80_000_000_000,
            power_w=power_w,
        )
        for index, moment in enumerate(moments)
    ]
    save_gpu_samples(store, "of-run-1", samples)
    apportion_energy(store, "of-run-1")
    score_candidate(store, run_id, row_id, [parse_metric(headline)])
    aggregate_run(store, run_id, [headline])
    return run_id


def test_a_result_has_the_gpus_and_the_joules_of_an_answer_and_of_a_right_one(store: Store) -> None:
    result = run_result(store, _sampled_run(store, ["0", "1", "no idea"]))

    (gpu,) = result.gpus
    assert ("here", 0, "NVIDIA H100", 4) == (
        gpu.endpoint,
        gpu.gpu_index,
        gpu.gpu_name,
        gpu.n_samples,
    )
    assert (0.625, 1.0) == (gpu.utilisation_mean, gpu.utilisation_peak)
    (candidate,) = result.candidates
    assert (3, pytest.approx(300.0), pytest.approx(100.0)) == (
        candidate.energy.n_answers,
        candidate.energy.total_j,
        candidate.energy.mean_j,
    )
    assert [pytest.approx(100.0), pytest.approx(150.0)] == [
        candidate.metrics[name].value for name in ("energy_j", "energy_per_right_j")
    ]


def test_a_page_says_it_in_a_line_for_each_gpu_and_candidate(store: Store) -> None:
    result = run_result(store, _sampled_run(store, ["0", "1", "no idea"]))

    assert [
        "here, GPU 0 (NVIDIA H100): 62 % busy (at most 100 %), 100 W (at most 100 W), 40.0 GB of 80.0 GB in use "
        "at most; 4 samples",
        "m:1b: 100 J an answer, 150 J for each right one (3 answers measured, 300 J)",
    ] == gpu_lines(result)


def test_a_case_has_the_joules_of_its_answer(store: Store) -> None:
    found = case_result(store, _sampled_run(store, ["0", "1"]), "c1")

    assert [pytest.approx(100.0)] == [outcome.energy_j for outcome in found.candidates[0].outcomes]


@pytest.mark.parametrize(("text", "headline"), [("no idea", "exact_match"), ("0", "bleu")])
def test_where_nothing_was_right_there_are_no_joules_of_a_right_answer(store: Store, text: str, headline: str) -> None:
    result = run_result(store, _sampled_run(store, [text], headline=headline))

    assert "energy_per_right_j" not in result.candidates[0].metrics
    assert "m:1b: 100 J an answer (1 answer measured, 100 J)" == gpu_lines(result)[-1]


def test_a_card_that_does_not_say_its_power_is_shown_without_it(store: Store) -> None:
    result = run_result(store, _sampled_run(store, ["0"], power_w=None))

    (line,) = gpu_lines(result)
    assert "here, GPU 0 (NVIDIA H100): 38 % busy (at most 50 %), 40.0 GB of 80.0 GB in use at most; 2 samples" == line
    assert [None] == [candidate.energy for candidate in result.candidates]


def test_a_run_on_no_gpu_of_ours_says_nothing_of_gpus(store: Store) -> None:
    result = run_result(store, store_run(store, asked("m:1b"), cases=numbers(1)))

    assert ((), [], None) == (result.gpus, gpu_lines(result), result.candidates[0].energy)
    assert () == gpu_summary(store, "of-run-1")


def test_a_card_that_says_nothing_but_its_name_is_named() -> None:
    moment = datetime.now(UTC)
    gpu = GpuResult(
        endpoint="here",
        gpu_index=1,
        gpu_name="Old card",
        n_samples=1,
        first_at=moment,
        last_at=moment,
        utilisation_mean=None,
        utilisation_peak=None,
        memory_peak_bytes=None,
        memory_total_bytes=None,
        power_mean_w=None,
        power_peak_w=None,
    )

    assert ["here, GPU 1 (Old card): its load is not reported; 1 sample"] == gpu_lines(a_run_result(gpus=(gpu,)))
