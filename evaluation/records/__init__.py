"""Records: what the store saves and returns, as values independent of SQL, with a file for each kind.

The names below are loaded on first use: a recommendation needs only two of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluation.records.alerts import AlertChanges, AlertRecord, Finding, MonitorLook, SilenceRecord
    from evaluation.records.candidates import BenchmarkRecord, DatabaseInfo, EndpointRecord, MetricUse, ModelRecord
    from evaluation.records.experiments import AnnotationRecord, ComparisonSummary, ExperimentRecord
    from evaluation.records.outcomes import (
        CandidateProgress,
        MissingPage,
        OutcomeCounts,
        OutcomeRow,
        Stage,
        StoredOutcome,
    )
    from evaluation.records.reviews import (
        RatingRecord,
        ReviewItem,
        ReviewQuestion,
        ReviewRecord,
        ReviewSession,
        ReviewSummary,
        Said,
        ShownOutput,
    )
    from evaluation.records.runs import (
        SERVER_VERSIONS,
        HolderRecord,
        InvocationRecord,
        RunCandidatePlan,
        RunCandidateRecord,
        RunPlan,
        RunRecord,
        RunSummary,
    )
    from evaluation.records.scores import EstimateRow, ScoreRow, StoredScore, StoredScoreFailure
    from evaluation.records.selection import (
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
    from evaluation.records.status import Status

_HOMES = {
    "alerts": (
        "AlertChanges",
        "AlertRecord",
        "Finding",
        "MonitorLook",
        "SilenceRecord",
    ),
    "candidates": (
        "BenchmarkRecord",
        "DatabaseInfo",
        "EndpointRecord",
        "MetricUse",
        "ModelRecord",
    ),
    "experiments": (
        "AnnotationRecord",
        "ComparisonSummary",
        "ExperimentRecord",
    ),
    "outcomes": (
        "CandidateProgress",
        "MissingPage",
        "OutcomeCounts",
        "OutcomeRow",
        "Stage",
        "StoredOutcome",
    ),
    "reviews": (
        "RatingRecord",
        "ReviewItem",
        "ReviewQuestion",
        "ReviewRecord",
        "ReviewSession",
        "ReviewSummary",
        "Said",
        "ShownOutput",
    ),
    "runs": (
        "SERVER_VERSIONS",
        "HolderRecord",
        "InvocationRecord",
        "RunCandidatePlan",
        "RunCandidateRecord",
        "RunPlan",
        "RunRecord",
        "RunSummary",
    ),
    "scores": (
        "EstimateRow",
        "ScoreRow",
        "StoredScore",
        "StoredScoreFailure",
    ),
    "selection": (
        "Champion",
        "ImportedCase",
        "Promotion",
        "RecommendationRecord",
        "ReportedOutcome",
        "ScoreboardContent",
        "ScoreboardRecord",
        "SelectionModelRecord",
        "StoredModel",
    ),
    "status": ("Status",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "SERVER_VERSIONS",
    "AlertChanges",
    "AlertRecord",
    "AnnotationRecord",
    "BenchmarkRecord",
    "CandidateProgress",
    "Champion",
    "ComparisonSummary",
    "DatabaseInfo",
    "EndpointRecord",
    "EstimateRow",
    "ExperimentRecord",
    "Finding",
    "HolderRecord",
    "ImportedCase",
    "InvocationRecord",
    "MetricUse",
    "MissingPage",
    "ModelRecord",
    "MonitorLook",
    "OutcomeCounts",
    "OutcomeRow",
    "Promotion",
    "RatingRecord",
    "RecommendationRecord",
    "ReportedOutcome",
    "ReviewItem",
    "ReviewQuestion",
    "ReviewRecord",
    "ReviewSession",
    "ReviewSummary",
    "RunCandidatePlan",
    "RunCandidateRecord",
    "RunPlan",
    "RunRecord",
    "RunSummary",
    "Said",
    "ScoreRow",
    "ScoreboardContent",
    "ScoreboardRecord",
    "SelectionModelRecord",
    "ShownOutput",
    "SilenceRecord",
    "Stage",
    "Status",
    "StoredModel",
    "StoredOutcome",
    "StoredScore",
    "StoredScoreFailure",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
