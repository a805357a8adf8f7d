"""What came of a review: what people said of the answers, whose those were, and how far that can be believed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from evaluation.results.as_json import MERGED
from evaluation.results.frames import MOMENT, TEXT, WHOLE, ShownInNotebooks, frame
from evaluation.scores import Estimate
from evaluation.stats.agreement import Agreement
from evaluation.stats.preference_ranking import PreferenceRanking

if TYPE_CHECKING:
    import pandas as pd


PAGES = "evaluation.reports.notebook_views"
"""Module of the pages that notebooks show."""
_RATING_COLUMNS = MappingProxyType(
    {
        "case_id": TEXT,
        "picked": TEXT,
        "rater": TEXT,
        "candidate": TEXT,
        "criterion": TEXT,
        "grade": WHOLE,
        "rated_at": MOMENT,
        "notes": TEXT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterResult:
    """A person who rated."""

    rater: str
    n_cases: int
    first_at: datetime
    """When the first case was rated."""
    last_at: datetime
    """When the last case was rated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRater:
    """A person who began to rate, and has cases left."""

    rater: str
    n_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedRaters:
    """Raters who are still awaited."""

    n_raters: int
    """Requested number of raters for each case."""
    n_to_come: int
    """How many are still to begin."""
    unfinished: tuple[UnfinishedRater, ...]
    n_unnamed: int
    """Raters who have started and not given a name."""
    is_over: bool
    """True where the result may be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedCandidate:
    """What a candidate was given, by criterion."""

    candidate: str
    grades: Mapping[str, Estimate]
    """Over all cases."""
    controls: Mapping[str, Estimate]
    """Over the random controls alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeDifference:
    """Two candidates on the cases of both, by one criterion."""

    criterion: str
    a: str
    """The one with the better mean."""
    b: str
    difference: float | None
    """Mean of A less mean of B."""
    low: float | None
    high: float | None
    n_cases: int
    p_value: float | None
    p_adjusted: float | None
    """Holm's."""
    is_significant: bool
    method: str

    @property
    def value(self) -> float | None:
        """The difference."""
        return self.difference


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPreference:
    """On how many cases each of two candidates was preferred by most raters; the first one more often."""

    a: str
    b: str
    n_a: int
    n_b: int
    n_tied: int
    n_cases: int
    p_value: float
    """Of the sign test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterAgreement:
    """Degree of agreement between raters."""

    criterion: str
    """Or `preference`."""
    raters: tuple[str, ...]
    agreement: "Agreement" = field(metadata=MERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAgreement:
    """How far a metric or a judge agrees with people."""

    metric: str
    of: str
    """With what: `overall`, or `preference`."""
    coefficient: str
    """`spearman`, `weighted_kappa_quadratic` or `same_side`."""
    value: float | None
    low: float | None
    high: float | None
    n: int
    """Answers, or cases, that it rests on."""
    reason: str | None
    """Why the value or the interval is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeFindings:
    """What grades say."""

    candidates: tuple[GradedCandidate, ...]
    """The best first."""
    differences: tuple[GradeDifference, ...]
    agreement: tuple[RaterAgreement, ...]
    """Empty where one person rated."""
    metrics: tuple[MetricAgreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceFindings:
    """What preferences say."""

    pairs: tuple[PairPreference, ...]
    pairs_on_controls: tuple[PairPreference, ...]
    """On the random controls alone."""
    ranking: PreferenceRanking | None
    """None where nobody has rated."""
    agreement: tuple[RaterAgreement, ...]
    """Empty where one person rated."""
    metrics: tuple[MetricAgreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedOutput:
    """An answer as it was shown, and whose it is."""

    letter: str
    candidate: str
    run_id: str
    generation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputGrades:
    """What a person gave an answer."""

    candidate: str
    by_criterion: Mapping[str, int] = field(metadata=MERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesGiven:
    """Grades for each answer of a case."""

    grades: Mapping[str, OutputGrades]
    """By letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceGiven:
    """Which of two answers is better."""

    preferred: str | None
    """The candidate; None: a tie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRating:
    """One person's rating of a case."""

    rater: str
    rated_at: datetime
    judgement: GradesGiven | PreferenceGiven = field(metadata=MERGED)
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCase:
    """A case with its answers, and what people said."""

    case: int
    """Its place in the review, from 1 on."""
    case_id: str
    picked: str
    """Reason for the selection: `disagreement`, `flip`, `control`, `further` or `chosen`."""
    why: str
    """The reason in words."""
    outputs: tuple[ReviewedOutput, ...]
    ratings: tuple[ItemRating, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResult(ShownInNotebooks):
    """All that is known of a review by now, with names."""

    sentence: str = ""
    """Who came out ahead."""
    review_id: str
    kind: str
    """`grades` or `preference`."""
    criteria: tuple[str, ...]
    """Empty for preferences."""
    benchmark: str
    benchmark_version: str
    run_ids: tuple[str, ...]
    picked_by: str | None
    """Signature of the metric by which cases were selected; None if selected by their texts."""
    seed: int
    code_version: str
    """The code that made the review."""
    created_at: datetime
    n_items: int
    picked: Mapping[str, int]
    """How many cases were picked for which reason."""
    raters: tuple[RaterResult, ...]
    n_rated: int
    """Cases that anybody rated."""
    awaited: AwaitedRaters
    findings: GradeFindings | PreferenceFindings = field(metadata=MERGED)
    items: tuple[ReviewedCase, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know before believing the numbers."""
    PAGES: ClassVar[str] = PAGES

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per case, rater and rated answer.

        Columns: `case_id`, `picked`, `rater`, `candidate` and `criterion` (`string`), `grade` (`Int64`), `rated_at`
        (`datetime64[us, UTC]`), `notes` (`string`). A preference is one row whose candidate was preferred (NA: a tie).
        """
        rows = [
            {"case_id": item.case_id, "picked": item.picked, **cells}
            for item in self.items
            for rating in item.ratings
            for cells in _rating_cells(rating)
        ]
        return frame(rows, _RATING_COLUMNS)


def _rating_cells(rating: ItemRating) -> Iterator[dict[str, object]]:
    about = {"rater": rating.rater, "rated_at": rating.rated_at, "notes": rating.notes}
    if isinstance(rating.judgement, PreferenceGiven):
        yield {**about, "candidate": rating.judgement.preferred, "criterion": "preference"}
        return
    for output in rating.judgement.grades.values():
        for criterion, grade in output.by_criterion.items():
            yield {**about, "candidate": output.candidate, "criterion": criterion, "grade": grade}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReviewResult(ShownInNotebooks):
    """What may be known of a review before its result is told."""

    status: str = "open"
    sentence: str
    """How far it is, and who is waited for."""
    PAGES: ClassVar[str] = PAGES
    review_id: str
    kind: str
    criteria: tuple[str, ...]
    benchmark: str
    run_ids: tuple[str, ...]
    created_at: datetime
    n_items: int
    n_rated: int
    raters: tuple[RaterResult, ...]
    awaited: AwaitedRaters
    part_shown: str | None = None
    """How many of the candidates a case shows, in words; None where each shows all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedAnswer:
    """An answer as raters see it."""

    letter: str
    answer: str
    """Its end is cut where it is very long."""
    time: str | None
    """About how long it took, in words; None where speed is not graded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedMessage:
    """A message that the candidates were sent."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindedCase:
    """A case as raters see it: nothing tells whose an answer is, nor why the case was picked."""

    case: int
    """Its place in the review, from 1 on."""
    messages: tuple[BlindedMessage, ...]
    """What the candidates were asked."""
    references: tuple[str, ...]
    """What counts as right; empty where that is not shown."""
    answers: tuple[BlindedAnswer, ...]
    criteria: tuple[str, ...]
    """What each answer is graded by; empty where one of two answers is to be preferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRating:
    """One person's rating of a case, with names once the review is over."""

    rating_id: int
    review_id: str
    kind: str
    """`grades` or `preference`."""
    benchmark: str
    run_ids: tuple[str, ...]
    case: int
    """Its place in the review, from 1 on."""
    rater: str
    rated_at: datetime
    grades: Mapping[str, Mapping[str, int]] | None
    """By letter and criterion; None for a preference."""
    better: str | None
    """The letter of the better answer, or `tie`; None for grades."""
    notes: str
    is_open: bool
    """Whether ratings of the review are missing; what follows is not told then."""
    case_id: str | None
    candidates: Mapping[str, str] | None
    """Whose the answers are, by letter."""
