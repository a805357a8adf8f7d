"""A store in which everything that models, files, people and servers write is hostile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from compared_runs import candidate, cases_of, failed, right_on
from hostile_texts import MARK, NAME, TEXTS
from recommendation_records import recommendation_record
from run_results import a_race, race_place
from stored_rows import save_recommendations
from stored_runs import answer, store_run

from evaluation.comparisons.comparison_result import compare_and_store
from evaluation.model_info import ModelInfo
from evaluation.races.rules import Spent
from evaluation.races.state import Decision, Fate
from evaluation.records.alerts import Change, Finding
from evaluation.records.candidates import EndpointRecord
from evaluation.records.traffic_calls import TrafficCall, TrafficStage
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.review_request import LONGEST_NAME, ReviewRequest
from evaluation.results.as_json import as_json
from evaluation.reviews.creation import open_review
from evaluation.reviews.lettered_ratings import LetteredRating, store_lettered
from evaluation.reviews.rating_checks import LONGEST_NOTE
from evaluation.store.alerts import record_look
from evaluation.store.annotations import annotate
from evaluation.store.answer_tags import LONGEST_TAG, add_tags
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.models import record_seen
from evaluation.store.policies import create_policy
from evaluation.store.races import begin_race, finish_race, save_decisions
from evaluation.store.registry import save_endpoint
from evaluation.store.runs import find_run, tag_run
from evaluation.store.selection_models import save_model
from evaluation.store.session import Store
from evaluation.store.sweeps import begin_sweep
from evaluation.store.traffic import save_traffic
from evaluation.store.upgrades import save_upgrade
from selection.policies.settings import PolicySettings

TEMPLATE = f"{{{{1234*8000}}}} {{% raw %}} {{{{ config }}}} ${{1234*8000}} <%= 1234*8000 %> {MARK}"
"""What a template engine would compute."""
ATTRIBUTE = f"\"><img src=x onerror=alert('{MARK}')> ' onmouseover='alert(1)' {MARK}"
"""What would end an attribute and begin another one."""
TEXT = " ".join((*TEXTS, TEMPLATE, ATTRIBUTE, f"{MARK} {'x' * 10_000}"))
"""All of it, and a word of 10,000 letters."""
LABEL = f"{MARK} <b>x</b>\"'><i onclick=x> {{{{1234*8000}}}} \u202etxt.exe\x1b[31m"
"""Short enough for the name of a model, a task or a tag."""


def fill_hostile(store: Store) -> None:
    """Store runs, comparisons and all else that pages show, each with hostile names and texts."""
    _fill_runs(store)
    _fill_review(store)
    _fill_searches(store)
    _fill_experiment(store)
    _fill_production(store)
    _fill_recommendations(store)
    _fill_catalogue(store)


def _fill_runs(store: Store) -> None:
    cases = [
        replace(case, prompt=TEXT, context=(TEXT,), choices=(LABEL, TEXT))
        for case in cases_of(8, tags=(LABEL,), cluster=LABEL)
    ]
    outcomes = right_on(cases, range(8)) | {cases[1].case_id: answer(TEXT, thinking=TEXT)}
    store_run(
        store,
        candidate(LABEL, outcomes),
        candidate(NAME, right_on(cases, range(2)) | failed(cases, (7,))),
        candidate(f"{NAME} 2", right_on(cases, range(4))),
        cases=cases,
        run_id="mixed",
        name=LABEL,
        task_type=LABEL,
        description=TEXT,
        criteria=TEXT,
        licence=LABEL,
        source=LABEL,
        reason=TEXT,
    )
    tag_run(store, "mixed", add=(NAME,))
    (compared,) = compare_and_store(store, ComparisonRequest(runs=["mixed"]))
    for place in (
        {"run_id": "mixed"},
        {"run_id": "mixed", "case_id": "c01"},
        {"comparison_id": compared.comparison_id},
    ):
        annotate(store, text=TEXT, author=LABEL, **place)


def _fill_review(store: Store) -> None:
    review = open_review(store, ReviewRequest(runs=["mixed"], kind="preference", n_cases=2))
    ratings = [LetteredRating(case=case, better="A", notes=TEXT[:LONGEST_NOTE]) for case in (1, 2)]
    store_lettered(store, review.review_id, rater=LABEL[:LONGEST_NAME], ratings=ratings)
    answer_of = find_run(store, "mixed").candidates[0].plan.candidate_fingerprint
    for fingerprint in (None, answer_of):
        add_tags(store, "mixed", ["c01"], LABEL[:LONGEST_TAG], author=LABEL, fingerprint=fingerprint)
    annotate(store, text=TEXT, author=LABEL, run_id="mixed", case_id="c01", fingerprint=answer_of)


def _fill_searches(store: Store) -> None:
    cases = cases_of(8)
    asked = [candidate(name, right_on(cases, range(n))) for n, name in ((8, LABEL), (3, NAME))]
    store_run(store, *asked, cases=cases, run_id="race", name=LABEL)
    rules = {"method": "evidence", "alpha": 0.05, "margin": LABEL, "levels": [], "confirm": None, "budget": []}
    begin_race(store, "of-race", request=rules, code_version="0.1.0")
    first, second = (each.candidate for each in asked)
    left = Decision(
        look=1, key=second.fingerprint, label=second.label, fate=Fate.DROPPED, n_cases=8, reason=TEXT, evidence={}
    )
    save_decisions(store, "of-race", [left])
    places = [race_place(1, first.label), race_place(2, second.label)]
    finish_race(
        store, "of-race", as_json(a_race(places, (), spent=Spent(calls=16), full_grid_calls=16, sentence=TEXT).outcome)
    )
    tried = [{"temperature": 0.0}, {"temperature": 1.0}]
    swept = [candidate("a:1b", right_on(cases, range(2 + 5 * i)), options=options) for i, options in enumerate(tried)]
    store_run(store, *swept, cases=cases, run_id="sweep", name=LABEL)
    begin_sweep(
        store,
        "of-sweep",
        request={"parameters": ["temperature=0,1"], "design": "grid"},
        combinations=tried,
        code_version="0.1.0",
    )


def _fill_experiment(store: Store) -> None:
    made = create_experiment(store, name="hostile", question=TEXT, description=TEXT, tags=[NAME])
    create_experiment(store, name=NAME, question=TEXT)
    add_runs(store, made.experiment_id, ["mixed", "race"])
    annotate(store, text=TEXT, author=LABEL, experiment_id=made.experiment_id)


def _fill_production(store: Store) -> None:
    finding = Finding(
        rule="quality",
        about=LABEL,
        severity=LABEL,
        source="evaluation",
        task=LABEL,
        benchmark=LABEL,
        candidate=NAME,
        run_id="mixed",
        sentence=TEXT,
        changes=(Change(what=LABEL, was=NAME, now=NAME),),
    )
    record_look(store, [finding], judged=[])
    stages = (TrafficStage(name=LABEL, duration_s=0.5),)
    for number in range(2):
        call = TrafficCall(
            call_id=f"{number} {LABEL}",
            task=LABEL,
            candidate=NAME,
            started_at=datetime.now(UTC) - timedelta(hours=number),
            duration_s=1.0,
            ok=False,
            error_type=LABEL,
            stages=stages,
            input=TEXT,
            output=TEXT,
        )
        save_traffic(store, [call])


def _fill_recommendations(store: Store) -> None:
    words = {"task": LABEL, "candidate_label": NAME, "reason": TEXT, "prompt": TEXT, "decided_by": LABEL}
    given = {"quality": {"value": 0.5, "low": 0.4, "high": 0.6, "n_cases": 8}, "memory_gb": 2.0}
    other = {"candidate": f"{LABEL} 2", "key": "other", "utility": 0.0, "is_tied": True, "is_pareto": False, **given}
    removal = {"candidate": LABEL, "constraint": "max_memory_gb", "reason": TEXT, "value": 9.0, "limit": 8.0}
    details = {"notes": [TEXT], "removed": [{**removal, "quality": 0.9}], "n_removed": 1, "n_alternatives": 1}
    words |= {"expected": given, "tied": (NAME, LABEL), "details": details}
    save_recommendations(store, [recommendation_record("hostile", alternatives=(other,), **words)])
    _fill_deciders(store)


def _fill_deciders(store: Store) -> None:
    create_policy(
        store,
        {
            "name": "hostile",
            "task": LABEL,
            "question": {"constraints": {"max_memory_gb": 8.0, "endpoints": [LABEL]}},
            "candidate_key": "key",
            "candidate_label": LABEL,
            "recommendation_id": "hostile",
            **PolicySettings().values,
        },
        by=LABEL,
    )
    save_model(
        store,
        kind=LABEL,
        status=TEXT,
        data_hash="f",
        code_version=LABEL,
        metrics={},
        report={"reason": TEXT},
        estimator=None,
        serving=None,
    )


def _fill_catalogue(store: Store) -> None:
    save_endpoint(store, EndpointRecord(name=LABEL, url=f"http://127.0.0.1:9/{NAME}", provider="ollama"))
    change = {"kind": "weights", "endpoint": LABEL, "model": NAME, "before": LABEL, "after": NAME}
    save_upgrade(store, **change, policy_ids=[])
    record_seen(
        store, ModelInfo(name=LABEL, digest=None, family=LABEL, quantization=NAME, licence=TEXT), endpoint_name=LABEL
    )
