"""The newest outcomes of candidates, what they say, GPUs as sampled last, and the flow runs of runs."""

from datetime import UTC, datetime, timedelta

from compared_runs import candidate, cases_of, failed, right_on
from stored_runs import answer, asked, numbers, store_run

from evaluation.store.answer_cells import answer_beginnings
from evaluation.store.gpu_samples import GpuSample, save_gpu_samples
from evaluation.store.newest_outcomes import flow_runs_of, newest_gpu_samples, newest_outcomes, texts_of
from evaluation.store.runs import find_run
from evaluation.store.session import Store

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def _row_ids(store: Store) -> list[int]:
    cases = cases_of(6)
    one_failed = right_on(cases[:5], range(5)) | failed(cases, (5,))
    store_run(store, candidate("a:1b", one_failed), candidate("b:1b", right_on(cases, range(6))), cases=cases)
    return [each.run_candidate_id for each in find_run(store, "run-1").candidates]


def test_the_newest_come_first_and_at_most_so_many_of_each(store: Store) -> None:
    row_ids = _row_ids(store)
    newest = newest_outcomes(store, row_ids, limit=2)
    assert 4 == len(newest)
    assert sorted((each.generation_id for each in newest), reverse=True) == [each.generation_id for each in newest]
    assert {row_ids[0]: 2, row_ids[1]: 2} == {
        row_id: sum(each.run_candidate_id == row_id for each in newest) for row_id in row_ids
    }
    assert () == newest_outcomes(store, [], limit=2)


def test_a_text_is_the_beginning_of_an_answer_or_why_there_is_none(store: Store) -> None:
    row_ids = _row_ids(store)
    ids = [each.generation_id for each in newest_outcomes(store, row_ids[:1], limit=6)]
    texts = texts_of(store, ids, most_characters=3)
    assert ids == [each.generation_id for each in texts]
    assert [1] == [sum(each.is_failure for each in texts)]
    assert all(len(each.text) <= 3 for each in texts)
    assert () == texts_of(store, [10**9], most_characters=3)


def test_the_beginning_and_the_end_of_a_text_are_what_the_model_wrote(store: Store) -> None:
    cases, written = numbers(1), "a\x00b\x1ac\udc80d"
    run_id = store_run(store, asked("a:1b", {cases[0].case_id: answer(written)}), cases=cases)
    plan = find_run(store, run_id)
    row_id = plan.candidates[0].run_candidate_id

    (beginning,) = answer_beginnings(store, [row_id], [cases[0].case_id], "none", length=100)
    (newest,) = newest_outcomes(store, [row_id], limit=1)
    (text,) = texts_of(store, [newest.generation_id], most_characters=100)

    assert (written, written) == (beginning.text, text.text)


def test_the_repeats_of_a_case_are_told_apart(store: Store) -> None:
    cases = numbers(2)
    said = {case.case_id: [answer("1"), answer("2"), answer("3")] for case in cases}
    run_id = store_run(store, asked("a:1b", said), cases=cases, n_repeats=3)
    row_id = find_run(store, run_id).candidates[0].run_candidate_id

    ids = [each.generation_id for each in newest_outcomes(store, [row_id], limit=9)]

    texts = texts_of(store, ids, most_characters=9)

    assert [(case.case_id, repeat, str(repeat + 1)) for case in cases for repeat in range(3)] == sorted(
        (each.case_id, each.repeat, each.text) for each in texts
    )


def test_the_newest_sample_of_each_gpu_counts_unless_it_is_old(store: Store) -> None:
    _row_ids(store)
    samples = [
        GpuSample(
            endpoint="here", gpu_index=index, gpu_name="G", sampled_at=NOW + timedelta(seconds=s), utilisation=s / 10
        )
        for index in (0, 1)
        for s in range(3)
    ]
    save_gpu_samples(store, "of-run-1", samples)
    newest = newest_gpu_samples(store, "of-run-1", since=NOW)
    assert [0.2, 0.2] == [each.utilisation for each in newest]
    assert () == newest_gpu_samples(store, "of-run-1", since=NOW + timedelta(minutes=1))


def test_the_flow_runs_of_a_run_come_in_their_order(store: Store) -> None:
    cases = cases_of(1)
    answers = candidate("a:1b", right_on(cases, range(1)))
    store_run(store, answers, cases=cases, run_id="first", flow_run_ids=("f1", "f2"))
    store_run(store, answers, cases=cases, run_id="second", flow_run_ids=())
    assert {"first": ("f1", "f2")} == flow_runs_of(store, ["first", "second"])
