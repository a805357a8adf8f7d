"""A store that has something under every name in the examples of the API's description."""

from datetime import UTC, datetime, timedelta

from comparison_results import a_comparison
from recommendable import N_CASES, fill
from recommendation_records import recommendation_record
from reviewable import fill as fill_reviewed
from reviewable import opened
from stored_rows import save_recommendations
from stored_runs import Asked, answer, store_run
from watched_runs import answers, many_cases, watched_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.records.access import Scope
from evaluation.records.candidates import EndpointRecord
from evaluation.records.policies import TrialMode
from evaluation.records.traffic_calls import TrafficCall
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alert_silences import silence_alerts
from evaluation.store.alerts import record_look
from evaluation.store.annotations import annotate
from evaluation.store.answer_tags import add_tags
from evaluation.store.api_keys import create_key
from evaluation.store.comparisons import save_comparison
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store
from evaluation.store.traffic import save_traffic
from evaluation.store.upgrades import save_upgrade
from selection.policies.definition import create_policy
from selection.policies.trials import start_trial
from selection.preferences import Question

CHAT = {"llama3.2:3b": 30, "qwen3:8b": 38}
"""How many of the 40 cases of the task `chat` each candidate gets right."""
_NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def fill_for_examples(store: Store) -> None:
    """Store runs, experiments, alerts, keys, policies and all the rest of the examples' names."""
    fill(store)
    fill_reviewed(store)
    opened(store)
    _fill_alerts(store)
    store_run(store, *(_asked(model, n) for model, n in CHAT.items()), cases=_cases(), run_id="chat", task_type="chat")
    made = create_experiment(store, name="quantisations", question="What does Q4 cost?")
    add_runs(store, made.experiment_id, ["chat"])
    annotate(store, text="It is so.", author="local", run_id="chat")
    add_tags(store, "chat", ["q-017"], "odd", author="local")
    create_key(store, name="nightly", scopes=[Scope.READ])
    save_endpoint(store, EndpointRecord(name="box", url="http://127.0.0.1:9", provider="ollama"))
    silence_alerts(store, until=datetime(2099, 1, 1, tzinfo=UTC), task="code")
    save_recommendations(store, [recommendation_record("0123456789ab", alternatives=())])
    compared = a_comparison(run_ids=("chat",))
    save_comparison(store, request={}, result=compared, pairs=())
    call = TrafficCall(call_id="1", task="summarization", candidate="llama3.2:3b", started_at=_NOW, duration_s=1.0)
    save_traffic(store, [call])
    policy = create_policy(store, "chat-fast", Question(task="chat"), candidate="llama3.2:3b", by="local")
    start_trial(store, "chat-fast", challenger="qwen3:8b", mode=TrialMode.EXPLORE, share=0.1, by="local")
    change = {"kind": "digest", "endpoint": "box", "model": "llama3.2:3b", "before": "a", "after": "b"}
    save_upgrade(store, **change, policy_ids=[policy.policy_id])


def _fill_alerts(store: Store) -> None:
    usual = many_cases(20)
    watched_run(store, usual, answers(usual), run_id="usual", age=timedelta(days=1), now=_NOW)
    slow = answers(usual, seconds=4)
    watched_run(store, usual, slow, run_id="slow", age=timedelta(hours=1), now=_NOW, digest="weights-2")
    seen = run_pass(store, MonitorRequest(), _NOW)
    record_look(store, seen.findings, judged=seen.judged, looks=seen.looks)


def _cases() -> tuple[Case, ...]:
    return tuple(Case(case_id=f"q-{i:03d}", prompt=f"Number {i}?", references=("yes",)) for i in range(N_CASES))


def _asked(model: str, n_right: int) -> Asked:
    outcomes = {case.case_id: answer("yes" if i < n_right else "no") for i, case in enumerate(_cases())}
    return Asked(candidate=Candidate(model=model, digest=f"digest-of-{model}"), outcomes=outcomes)
