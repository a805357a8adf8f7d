"""The tables, a file for each kind. Rows are built by the functions beside them from already valid values."""

from evaluation.store.tables.access import api_key, audit_entry, idempotent_request
from evaluation.store.tables.alerts import alert, alert_silence, monitor_look
from evaluation.store.tables.benchmarks import benchmark, benchmark_case
from evaluation.store.tables.candidates import candidate, endpoint, model, profile
from evaluation.store.tables.comparisons import comparison, comparison_pair, race, race_decision, sweep
from evaluation.store.tables.experiments import annotation, answer_tag, experiment, experiment_run
from evaluation.store.tables.indexes import corpus_index
from evaluation.store.tables.kept_readings import kept_reading, run_state
from evaluation.store.tables.outcomes import generation, gpu_sample, passage, stage, trace
from evaluation.store.tables.policies import policy, policy_change, served_call, trial, upgrade
from evaluation.store.tables.reviews import rating, review, review_item, review_output, review_session
from evaluation.store.tables.row import METADATA, Row
from evaluation.store.tables.runs import (
    holder,
    holder_run,
    invocation,
    recovery,
    run,
    run_candidate,
    run_case,
    run_flow,
)
from evaluation.store.tables.scores import embedding, estimate, metric, score, score_failure
from evaluation.store.tables.selection import (
    promotion,
    recommendation,
    scoreboard_case,
    scoreboard_import,
    scoreboard_row,
    selection_model,
)
from evaluation.store.tables.traffic import traffic, traffic_grade, traffic_import, traffic_stage

__all__ = [
    "METADATA",
    "Row",
    "alert",
    "alert_silence",
    "annotation",
    "answer_tag",
    "api_key",
    "audit_entry",
    "benchmark",
    "benchmark_case",
    "candidate",
    "comparison",
    "comparison_pair",
    "corpus_index",
    "embedding",
    "endpoint",
    "estimate",
    "experiment",
    "experiment_run",
    "generation",
    "gpu_sample",
    "holder",
    "holder_run",
    "idempotent_request",
    "invocation",
    "kept_reading",
    "metric",
    "model",
    "monitor_look",
    "passage",
    "policy",
    "policy_change",
    "profile",
    "promotion",
    "race",
    "race_decision",
    "rating",
    "recommendation",
    "recovery",
    "review",
    "review_item",
    "review_output",
    "review_session",
    "run",
    "run_candidate",
    "run_case",
    "run_flow",
    "run_state",
    "score",
    "score_failure",
    "scoreboard_case",
    "scoreboard_import",
    "scoreboard_row",
    "selection_model",
    "served_call",
    "stage",
    "sweep",
    "trace",
    "traffic",
    "traffic_grade",
    "traffic_import",
    "traffic_stage",
    "trial",
    "upgrade",
]
