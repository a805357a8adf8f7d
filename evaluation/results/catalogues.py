"""Lists of metrics, benchmarks, profiles, models, endpoints, experiments, comparisons, reviews, recommendations."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from evaluation.case import Case
from evaluation.records.candidates import EndpointRecord, ModelRecord
from evaluation.records.experiments import ComparisonSummary
from evaluation.records.reviews import ReviewSummary
from evaluation.records.selection import RecommendationRecord, SelectionModelRecord
from evaluation.results.catalogue_entries import BenchmarkFacts, MetricFacts, ProfileFacts
from evaluation.results.experiments import ExperimentFacts
from evaluation.results.frames import TEXT, ShownInNotebooks, columns_of, frame_of
from evaluation.results.listings import FieldListing

if TYPE_CHECKING:
    import pandas as pd


class MetricList(FieldListing[MetricFacts]):
    """Metrics, by family."""

    ROW = MetricFacts


class BenchmarkList(FieldListing[BenchmarkFacts]):
    """Standard suites, then stored benchmarks."""

    ROW = BenchmarkFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPage:
    """A benchmark with some of its cases."""

    facts: BenchmarkFacts
    cases: tuple[Case, ...]
    """In the order of the file."""
    last: int | None
    """Position of the last one, behind which the next page begins; None: there are no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkResult(ShownInNotebooks):
    """A benchmark with its cases."""

    PAGES: ClassVar[str] = FieldListing.PAGES
    facts: BenchmarkFacts
    cases: tuple[Case, ...]

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per case.

        Columns: the fields of `Case`, all of them `string`; several values are JSON.
        """
        return frame_of(self.cases, columns_of(Case, rest=TEXT))


class ProfileList(FieldListing[ProfileFacts]):
    """Standard profiles, then stored ones."""

    ROW = ProfileFacts


class ModelList(FieldListing[ModelRecord]):
    """Models of the servers, by name."""

    ROW = ModelRecord


class EndpointList(FieldListing[EndpointRecord]):
    """Model servers stored under a name."""

    ROW = EndpointRecord


class ExperimentList(FieldListing[ExperimentFacts]):
    """Experiments: favourites first, then the newest."""

    ROW = ExperimentFacts


class StoredComparisonList(FieldListing[ComparisonSummary]):
    """Stored comparisons, newest first."""

    ROW = ComparisonSummary


class ReviewList(FieldListing[ReviewSummary]):
    """Reviews, newest first."""

    ROW = ReviewSummary


class RecommendationList(FieldListing[RecommendationRecord]):
    """Recommendations with what came of them, newest first."""

    ROW = RecommendationRecord


class SelectionModelList(FieldListing[SelectionModelRecord]):
    """Trained selection models, newest first."""

    ROW = SelectionModelRecord
