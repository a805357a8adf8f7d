"""Is evidence what was scored and what it took, and does its fingerprint notice every change?"""

import math
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa
from recorded_models import record_model
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.case import Case, Message, PromptTemplate
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Outcome, Timing
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.speed import LatencyS
from evaluation.records.candidates import EndpointRecord, MetricUse
from evaluation.records.evidence import Choosable, Evidence, Place
from evaluation.records.scores import ScoreRow
from evaluation.records.status import Status
from evaluation.requests.prices import PRICE
from evaluation.scores import Measurement
from evaluation.store.loaded_memory import record_loaded_bytes
from evaluation.store.models import register_model, retire_model
from evaluation.store.registry import remove_endpoint, save_endpoint
from evaluation.store.runs import archive_run, delete_run, find_run
from evaluation.store.scores import save_scores
from evaluation.store.selection_evidence import evidence_fingerprint, read_evidence, read_prompts, sample_prompts
from evaluation.store.session import Store
from evaluation.store.tables import generation, run_candidate, score

CASES = numbers(4)


def column(evidence: Evidence, label: str, name: str) -> dict[str, list[float]]:
    """A candidate's values by case id."""
    (position,) = [at for at, one in enumerate(evidence.candidates) if one.label == label]
    found: dict[str, list[float]] = {}
    for row in np.flatnonzero(evidence.candidate == position):
        case_id = evidence.cases[evidence.case[row]].case_id
        found.setdefault(case_id, []).append(float(getattr(evidence, name)[row]))
    return found


def by_label(evidence: Evidence) -> dict[str, Choosable]:
    return {one.label: one for one in evidence.candidates}


def test_an_empty_store_holds_no_evidence(store: Store) -> None:
    found = read_evidence(store)
    assert ((), (), 0, 0) == (found.candidates, found.cases, len(found.quality), len(found.case))
    assert found.fingerprint == evidence_fingerprint(store)


def test_every_scored_answer_is_a_row_with_its_case(store: Store) -> None:
    twice: dict[str, Outcome | tuple[Outcome, ...]] = {"c0": (answer("0"), answer("no")), "c1": answer("1")}
    store_run(store, asked("a:1b", twice), asked("b:1b", wrong(CASES)), cases=CASES, n_repeats=2)

    found = read_evidence(store)

    assert ("a:1b", "b:1b") == tuple(one.label for one in found.candidates)
    assert {"c0": [1.0, 0.0], "c1": [1.0]} == column(found, "a:1b", "quality")
    assert {f"c{i}": [0.0] for i in range(4)} == column(found, "b:1b", "quality")
    assert {("reasoning", found.cases[0].yardstick)} == {(case.task, case.yardstick) for case in found.cases}
    assert 4 == len({case.family for case in found.cases})
    assert ["int32", "int32", "float64"] == [
        str(kind) for kind in (found.candidate.dtype, found.case.dtype, found.quality.dtype)
    ]


@pytest.mark.parametrize("metrics", [("recall_at_k(k=5)",), ("recall_at_k(k=5)", "exact_match")])
def test_what_a_search_found_is_no_quality_of_answers(store: Store, metrics: tuple[str, ...]) -> None:
    store_run(
        store,
        asked("a:1b", wrong(CASES)),
        cases=CASES,
        metrics=metrics,
        headline="recall_at_k",
        scored=False,
    )
    uses = {use.name: use for use in find_run(store, "run-1").plan.metrics}
    with store.read() as connection:
        ids = connection.execute(sa.select(generation.c.id)).scalars().all()
    values = {"recall_at_k": 1.0, "exact_match": 0.0}
    save_scores(
        store,
        [
            ScoreRow(generation_id=key, metric=use, measurement=Measurement(value=values[name]), scorer_version="1")
            for key in ids
            for name, use in uses.items()
        ],
    )

    assert {0.0} >= set(read_evidence(store).quality)
    assert (4 if "exact_match" in uses else 0) == len(read_evidence(store).quality)


def test_failures_of_the_server_are_no_rows_and_those_of_the_candidate_are_scored(store: Store) -> None:
    outcomes: dict[str, Outcome] = {
        "c0": Failure(kind=FailureKind.TIMED_OUT, message="late"),
        "c1": answer("", own_failure=FailureKind.EMPTY_ANSWER),
        "c2": answer("2"),
    }
    store_run(store, asked("a:1b", outcomes), cases=CASES, status=Status.CANCELLED)
    assert {"c1": [0.0], "c2": [1.0]} == column(read_evidence(store), "a:1b", "quality")


PRICED = {"input_per_million": 0.15, "output_per_million": 0.6}
TIMINGS = {
    "warm": answer("x", timing=Timing(total_s=2.0)),
    "loaded": answer("x", timing=Timing(total_s=2.0, load_s=0.5), cold=True, energy_j=7200.0),
    "unknown": answer("x", timing=Timing(total_s=2.0), cold=True),
    "backwards": answer("x", timing=Timing(total_s=2.0, load_s=3.0)),
    "reused": answer("x", timing=Timing(total_s=2.0, load_s=0.5), reused=True, energy_j=3600.0),
    "untold": answer("x", timing=None, prompt_tokens=None),
}


@pytest.mark.parametrize("price", [PRICED, {"per_kwh": 0.5}, None])
def test_figures_are_those_of_the_metrics(store: Store, price: dict[str, float] | None) -> None:
    cases = tuple(Case(case_id=name, prompt=name, references=("x",)) for name in TIMINGS)
    store_run(store, asked("a:1b", TIMINGS, details={PRICE: price}), cases=cases)
    with store.write() as connection:  # known some time after the answer
        for name, given in TIMINGS.items():
            filled = sa.update(generation).where(generation.c.case_id == name).values(energy_j=given.energy_j)
            connection.execute(filled)

    found = read_evidence(store)

    latency, cost = LatencyS(), CostUsd(**(price or {}))
    for name, given in TIMINGS.items():
        case = Case(case_id=name)
        for column_name, measured in (
            ("latency_s", latency.measure(case, (given,), {})),
            ("cost_usd", cost.measure(case, (given,), {}) if price else None),
        ):
            (value,) = column(found, "a:1b", column_name)[name]
            assert math.isnan(value) if measured is None else measured.value == pytest.approx(value)
        (energy_j,) = column(found, "a:1b", "energy_j")[name]
        assert math.isnan(energy_j) if given.energy_j is None or given.reused else given.energy_j == energy_j


def test_cases_of_a_cluster_are_a_family_and_equal_cases_of_two_versions_are_one(store: Store) -> None:
    clustered = (replace(CASES[0], cluster="d"), replace(CASES[1], cluster="d"), CASES[2])
    store_run(store, asked("a:1b", right(clustered)), cases=clustered)
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="run-2")

    found = read_evidence(store)

    family = {(case.yardstick, case.case_id): case.family for case in found.cases}
    first, second = dict.fromkeys(yardstick for yardstick, _ in family)
    assert family[first, "c0"] == family[first, "c1"] == "numbers: d"
    assert family[first, "c2"] == family[second, "c2"]
    assert family[first, "c0"] != family[second, "c0"]


def test_other_metrics_are_other_yardsticks_and_the_headline_is_read(store: Store) -> None:
    both = ("exact_match", "token_f1")
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, metrics=both, headline="token_f1")
    store_run(store, asked("a:1b", wrong(CASES)), cases=CASES, run_id="run-2", metrics=both)
    found = read_evidence(store)
    assert ["token_f1", "exact_match"] == [name.split()[1] for name in dict.fromkeys(c.yardstick for c in found.cases)]
    assert 8 == len(found.cases)
    assert 4.0 == found.quality.sum()


@pytest.mark.parametrize(
    ("metrics", "headline", "quality"),
    [
        (("latency_s", "word_count", "contains"), "latency_s", 1.0),
        (("bleu",), "bleu", 1.0),
        (("mcc",), "mcc", 1.0),
        (("ter", "exact_match"), "ter", 1.0),
    ],
)
def test_what_is_no_quality_between_bounds_gives_way_and_other_bounds_are_scaled(
    store: Store, metrics: tuple[str, ...], headline: str, quality: float
) -> None:
    words = "one two three four five"
    case = Case(case_id="c", prompt="?", references=(words,), choices=(words, "other"))
    store_run(store, asked("a:1b", {"c": answer(words)}), cases=(case,), metrics=metrics, headline=headline)
    assert {"c": [pytest.approx(quality)]} == column(read_evidence(store), "a:1b", "quality")


def test_a_run_that_was_measured_by_speed_alone_is_no_evidence(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, metrics=("word_count",), headline="word_count")
    assert 0 == len(read_evidence(store).quality)


FROM_A_FILE = "Own()|v1+file:0123456789abcdef"


@pytest.mark.parametrize(
    ("signature", "values", "expected"),
    [
        (FROM_A_FILE, [0.25, 1.0], [0.25, 1.0]),
        (f"{FROM_A_FILE}+lower", [0.25, 1.0], [0.75, 0.0]),
        (FROM_A_FILE, [0.25, 7.0], []),
    ],
)
def test_a_metric_that_is_not_here_is_a_quality_where_all_its_values_are_fractions(
    store: Store, signature: str, values: list[float], expected: list[float]
) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, metrics=("word_count",), headline="word_count")
    use = MetricUse(name="own", signature=signature)
    with store.read() as connection:
        ids = connection.execute(sa.select(generation.c.id).order_by(generation.c.id)).scalars().all()
    rows = [
        ScoreRow(generation_id=row_id, metric=use, measurement=Measurement(value=value), scorer_version="1")
        for row_id, value in zip(ids, values, strict=False)
    ]
    save_scores(store, rows)  # later, and not planned
    assert expected == read_evidence(store).quality.tolist()
    assert read_evidence(store).fingerprint == evidence_fingerprint(store)


def test_cases_of_a_benchmark_stand_together_whoever_was_asked_first(store: Store) -> None:
    other = numbers(2, cluster="other")
    store_run(store, asked("a:1b", {"c0": answer("0")}), cases=CASES)
    store_run(store, asked("a:1b", right(other)), cases=other, run_id="run-2")
    store_run(store, asked("b:1b", {"c3": answer("3"), "c0": answer("no")}), cases=CASES, run_id="run-3")

    found = read_evidence(store)

    assert ["c0", "c3", "c0", "c1"] == [case.case_id for case in found.cases]
    assert [1, 1, 2, 2] == [1 + (case.yardstick != found.cases[0].yardstick) for case in found.cases]
    assert ["numbers: other"] * 2 == [case.family for case in found.cases[2:]]
    assert {"c3": [1.0], "c0": [0.0]} == column(found, "b:1b", "quality")
    assert {"c0": [1.0, 1.0], "c1": [1.0]} == column(found, "a:1b", "quality")


def test_the_embedded_server_has_no_address_that_lasts(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES), endpoint="embedded"), cases=CASES)
    (found,) = read_evidence(store).candidates
    assert (Place(name="embedded", url=None, provider="ollama"),) == found.places


def test_weights_that_cannot_be_verified_are_called_on_the_server_that_was_asked(store: Store) -> None:
    candidate = Candidate(model="gpt", digest=None, endpoint_identity="here")
    store_run(store, replace(asked("gpt", right(CASES)), candidate=candidate), cases=CASES)
    for name in ("here", "there"):
        record_model(store, name="gpt", digest=None, endpoint_name=name)
        save_endpoint(store, EndpointRecord(name=name, url=f"http://{name}", provider="ollama"))
    (found,) = read_evidence(store).candidates
    assert ((Place(name="here", url="http://here", provider="ollama"),), None) == (found.places, found.not_ready)


def test_texts_that_a_database_cannot_hold_come_back_as_they_were(store: Store) -> None:
    case = Case(case_id="c\x00\x1a", prompt="?", references=("x",), cluster="d\x00")
    store_run(store, asked("a:1b", {case.case_id: answer("x")}), cases=(case,))
    (found,) = read_evidence(store).cases
    assert ("c\x00\x1a", "numbers: d\x00") == (found.case_id, found.family)
    assert ("?",) == read_prompts(store, read_evidence(store))


def test_of_a_conversation_the_users_last_words_are_the_prompt(store: Store) -> None:
    turns = (("user", "Hi"), ("assistant", "Hello"), ("user", "2+2?"), ("assistant", "It is"))
    messages = tuple(Message(role=role, content=content) for role, content in turns)
    case = Case(case_id="c", messages=messages, references=("4",))
    store_run(store, asked("a:1b", {"c": answer("4")}), cases=(case,))
    assert ("2+2?",) == read_prompts(store, read_evidence(store))


def test_only_the_tasks_that_are_asked_for_are_read(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    assert 4 == len(read_evidence(store, tasks=["reasoning"]).quality)
    assert ((), ()) == (read_evidence(store, tasks=["code"]).candidates, read_evidence(store, tasks=["code"]).cases)


def _swap(store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.update(score).values(value=1 - score.c.value))


def _fill_energy(store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.update(generation).where(generation.c.case_id == "c2").values(energy_j=1.5))


def _forget_a_score(store: Store) -> None:
    with store.write() as connection:
        connection.execute(sa.delete(score).where(score.c.id == sa.select(sa.func.max(score.c.id)).scalar_subquery()))


def _exchange_candidates(store: Store) -> None:
    with store.write() as connection:
        ids = list(connection.scalars(sa.select(run_candidate.c.id).order_by(run_candidate.c.id)))
        of, n, away = generation.c.run_candidate_id, generation.c.repeat, 1000
        connection.execute(sa.update(generation).where(of == ids[0]).values(run_candidate_id=ids[1], repeat=n + away))
        connection.execute(sa.update(generation).where(of == ids[1], n < away).values(run_candidate_id=ids[0]))
        connection.execute(sa.update(generation).where(n >= away).values(repeat=n - away))


CHANGES: list[Callable[[Store], object]] = [
    _swap,
    _exchange_candidates,
    _fill_energy,
    _forget_a_score,
    lambda store: archive_run(store, "run-1"),
    lambda store: delete_run(store, "run-1"),
    lambda store: store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="run-2"),
    lambda store: retire_model(store, "a:1b"),
    lambda store: record_model(store, name="a:1b", digest="other", endpoint_name="here"),
    lambda store: save_endpoint(store, EndpointRecord(name="here", url="http://elsewhere")),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_fingerprint_notices_a_change(store: Store, change: Callable[[Store], object]) -> None:
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here")
    store_run(store, asked("a:1b", right(CASES)), asked("b:1b", wrong(CASES)), cases=CASES)
    before = evidence_fingerprint(store)
    assert before == read_evidence(store).fingerprint == evidence_fingerprint(store)
    change(store)
    assert before != evidence_fingerprint(store) == read_evidence(store).fingerprint


def test_a_fingerprint_notices_exchanged_scores_whatever_numbers_the_rows_have(store: Store) -> None:
    """A sum of remainders that is linear in the rows' numbers misses a third of these exchanges."""
    missed = []
    for place in range(10):
        pair = asked("a:1b", right(CASES[:1])), asked("b:1b", wrong(CASES[:1]))
        store_run(store, *pair, cases=CASES[:1], run_id=f"run-{place}")
        before = evidence_fingerprint(store)
        with store.write() as connection:
            newest = connection.scalars(sa.select(score.c.id).order_by(score.c.id.desc()).limit(2)).all()
            connection.execute(sa.update(score).where(score.c.id.in_(newest)).values(value=1 - score.c.value))
        if before == evidence_fingerprint(store):
            missed.append(place)
    assert [] == missed


def test_a_fingerprint_notices_that_two_who_are_equally_good_exchange_their_answers(store: Store) -> None:
    cases = numbers(10)
    store_run(store, asked("a:1b", right(cases)), asked("b:1b", wrong(cases)), cases=cases)
    with store.read() as connection:
        ids = list(connection.scalars(sa.select(score.c.id).order_by(score.c.generation_id)))

    def give(order: list[int]) -> str:
        """To the first the right answer of these cases, to the second that of the others."""
        wins = {one for at in range(10) for one in (ids[at] if at in order else ids[10 + at],)}
        with store.write() as connection:
            connection.execute(sa.update(score).values(value=sa.case((score.c.id.in_(wins), 1.0), else_=0.0)))
        return evidence_fingerprint(store)

    orders = [random.Random(seed).sample(range(10), 5) for seed in range(20)]
    assert [] == [order for order in orders if give(order) == give([at for at in range(10) if at not in order])]


def test_looking_at_a_model_again_changes_nothing(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here")
    before = evidence_fingerprint(store)
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here")
    assert before == evidence_fingerprint(store)


def test_an_archived_run_is_left_out(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    archive_run(store, "run-1")
    assert ((), 0) == (read_evidence(store).candidates, len(read_evidence(store).quality))


def test_a_candidate_is_ready_to_call(store: Store) -> None:
    profile = PromptProfile(
        name="terse", system="Be brief.", template="Q: {prompt}", examples=(WorkedExample(prompt="1+1", answer="2"),)
    )
    candidate = Candidate(model="a:1b", digest="d", options={"temperature": 0.5}, profile=profile, think=True)
    record_model(
        store,
        name="a:1b",
        digest="d",
        endpoint_name="here",
        n_parameters=10**9,
        size_bytes=8 * 10**8,
        capabilities=("completion", "tools"),
    )
    save_endpoint(store, EndpointRecord(name="here", url="http://127.0.0.1:11434", provider="ollama"))
    store_run(store, replace(asked("a:1b", right(CASES)), candidate=candidate), cases=CASES)

    (found,) = read_evidence(store).candidates

    assert found == Choosable(
        key=candidate.fingerprint,
        label=candidate.label,
        model="a:1b",
        digest="d",
        options={"temperature": 0.5},
        system="Be brief.",
        template="Q: {prompt}",
        examples=(("1+1", "2"),),
        profile="terse",
        think=True,
        places=(Place(name="here", url="http://127.0.0.1:11434", provider="ollama"),),
        capabilities=frozenset({"completion", "tools"}),
        n_parameters=10**9,
        memory_bytes=8e8,
    )


def test_the_memory_is_that_of_the_loaded_model_once_it_was_seen(store: Store) -> None:
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here", size_bytes=800)
    for run_id in ("run-1", "run-2"):
        store_run(store, asked("a:1b", right(CASES)), asked("b:1b", right(CASES)), cases=CASES, run_id=run_id)
    assert [800.0, None] == [one.memory_bytes for one in read_evidence(store).candidates]
    before = evidence_fingerprint(store)

    for run_id, size_bytes, context in (("run-1", 900, 8), ("run-1", 1000, 64), ("run-1", 950, 32), ("run-2", 700, 4)):
        ids = [one.run_candidate_id for one in find_run(store, run_id).candidates[:1]]
        record_loaded_bytes(store, ids, size_bytes=size_bytes, context_length=context)

    known = [(one.memory_bytes, one.memory_is_measured, one.memory_context) for one in read_evidence(store).candidates]
    assert [(1000.0, True, 64), (None, False, None)] == known
    assert before != evidence_fingerprint(store)


def test_two_weights_under_one_tag_are_two_candidates_and_only_what_the_tag_holds_now_is_ready(store: Store) -> None:
    old, new = (replace(asked("a:1b", right(CASES)), candidate=Candidate(model="a:1b", digest=d * 12)) for d in "xy")
    record_model(store, name="a:1b", digest="x" * 12, endpoint_name="here")
    store_run(store, old, cases=CASES)
    record_model(store, name="a:1b", digest="y" * 12, endpoint_name="here")
    store_run(store, new, cases=CASES, run_id="run-2")

    found = by_label(read_evidence(store))

    assert ["a:1b@xxxxxxx", "a:1b@yyyyyyy"] == list(found)
    assert "holds other weights now (yyyyyyy, not xxxxxxx)" in str(found["a:1b@xxxxxxx"].not_ready)
    assert (None, 1) == (found["a:1b@yyyyyyy"].not_ready, len(found["a:1b@yyyyyyy"].places))


def test_equal_weights_under_two_tags_can_be_called_by_either(store: Store) -> None:
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here")
    record_model(store, name="a:latest", digest="digest-of-a:1b", endpoint_name="here")
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    assert [None] == [one.not_ready for one in read_evidence(store).candidates]


def test_profiles_of_one_name_and_another_content_are_told_apart(store: Store) -> None:
    for number, system in enumerate(("Be brief.", "Be long.")):
        profile = PromptProfile(name="p", system=system)
        candidate = Candidate(model="a:1b", digest="d", profile=profile)
        store_run(store, replace(asked("a:1b", right(CASES)), candidate=candidate), cases=CASES, run_id=f"run-{number}")
    labels = [one.label for one in read_evidence(store).candidates]
    assert 2 == len(set(labels))
    assert all(label.startswith("a:1b profile=p@d #") for label in labels)


def test_a_retired_model_is_not_ready_until_it_is_registered_again(store: Store) -> None:
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here")
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    retire_model(store, "a:1b")
    assert "retired" in str(read_evidence(store).candidates[0].not_ready)
    register_model(store, "a:1b")
    assert None is read_evidence(store).candidates[0].not_ready


def test_a_model_whose_only_server_was_removed_is_not_ready(store: Store) -> None:
    record_model(store, name="a:1b", digest="digest-of-a:1b", endpoint_name="here")
    save_endpoint(store, EndpointRecord(name="here", url="http://127.0.0.1:11434", provider="ollama"))
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    remove_endpoint(store, "here")
    assert "no server is known" in str(read_evidence(store).candidates[0].not_ready)


def test_prompts_are_what_was_asked_with_the_benchmarks_words(store: Store) -> None:
    template = PromptTemplate(system="Be right.", template="Question: {prompt}")
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, prompt=template)
    found = read_evidence(store)
    assert tuple(f"Question: What is {i}?" for i in range(4)) == read_prompts(store, found)
    delete_run(store, "run-1")
    assert "Question: What is 0?" == read_prompts(store, found)[0]


def test_measured_prompts_are_drawn_evenly_from_the_cases_of_a_task(store: Store) -> None:
    cases = numbers(10)
    store_run(store, asked("a:1b", right(cases)), cases=cases)
    everything = read_prompts(store, read_evidence(store))
    task = read_evidence(store).cases[0].task
    assert everything == sample_prompts(store, task=task, limit=10) == sample_prompts(store, task=None, limit=99)
    assert (everything[0], everything[3], everything[6]) == sample_prompts(store, task=task, limit=3)
    assert () == sample_prompts(store, task="another", limit=10)


def test_an_archived_runs_prompts_are_not_drawn(store: Store) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="gone")
    archive_run(store, "gone")
    assert () == sample_prompts(store, task=None, limit=10)
