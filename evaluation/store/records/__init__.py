"""What goes into the store and comes out of it, as values that know no SQL; a file for each kind."""

from evaluation.store.records.asked import BenchmarkRecord, DatabaseInfo, EndpointRecord, MetricUse, ModelRecord
from evaluation.store.records.experiments import AnnotationRecord, ExperimentRecord
from evaluation.store.records.outcomes import (
    CandidateProgress,
    MissingPage,
    OutcomeCounts,
    OutcomeRow,
    Stage,
    StoredOutcome,
)
from evaluation.store.records.runs import (
    SERVER_VERSIONS,
    HolderRecord,
    InvocationRecord,
    RunCandidatePlan,
    RunCandidateRecord,
    RunPlan,
    RunRecord,
    RunSummary,
)
from evaluation.store.records.scores import EstimateRow, ScoreRow, StoredScore, StoredScoreFailure
from evaluation.store.records.selection import (
    Champion,
    ImportedCase,
    Promotion,
    RecommendationRecord,
    ReportedOutcome,
    ScoreboardContent,
    ScoreboardRecord,
    SelectionModelRecord,
    StoredModel,
)
from evaluation.store.records.status import Status

__all__ = [
    "SERVER_VERSIONS",
    "AnnotationRecord",
    "BenchmarkRecord",
    "CandidateProgress",
    "Champion",
    "DatabaseInfo",
    "EndpointRecord",
    "EstimateRow",
    "ExperimentRecord",
    "HolderRecord",
    "ImportedCase",
    "InvocationRecord",
    "MetricUse",
    "MissingPage",
    "ModelRecord",
    "OutcomeCounts",
    "OutcomeRow",
    "Promotion",
    "RecommendationRecord",
    "ReportedOutcome",
    "RunCandidatePlan",
    "RunCandidateRecord",
    "RunPlan",
    "RunRecord",
    "RunSummary",
    "ScoreRow",
    "ScoreboardContent",
    "ScoreboardRecord",
    "SelectionModelRecord",
    "Stage",
    "Status",
    "StoredModel",
    "StoredOutcome",
    "StoredScore",
    "StoredScoreFailure",
]
