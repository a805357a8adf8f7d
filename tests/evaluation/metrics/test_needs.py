from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.metrics.classification import Accuracy
from evaluation.metrics.metric import Metric, Need
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.numeric_match import NumericMatch
from evaluation.metrics.regex import Regex
from evaluation.metrics.speed import LatencyS
from evaluation.metrics.token_f1 import TokenF1
from evaluation.scores import Measurement

FULL = Case(case_id="full", references=("yes",), choices=("yes", "no"), context=("It is so.",))
BARE = Case(case_id="bare")


@dataclass(frozen=True, kw_only=True)
class Grounded(Metric):
    """Needs all that a case can hold, and a judge."""

    name: ClassVar[str] = "grounded"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTEXT, Need.JUDGE})

    def measure(self, case, generations, answers):
        return Measurement(value=1.0)


def test_nothing_stands_in_the_way_of_complete_cases():
    assert missing_needs(Accuracy(), [FULL, FULL]) is None


def test_what_some_or_all_cases_lack_is_counted_and_named():
    assert "metric 'token_f1' needs references, which none of the 2 cases has" == missing_needs(TokenF1(), [BARE, BARE])
    assert "metric 'accuracy' needs choices, which 1 of 2 cases has not (the first: 'bare')" == (
        missing_needs(Accuracy(), [FULL, BARE])
    )
    assert "2 of 3 cases have not" in missing_needs(TokenF1(), [BARE, FULL, BARE])


def test_what_only_the_caller_can_offer_is_asked_of_the_caller():
    assert "metric 'grounded' needs a judge, which is not there" == missing_needs(Grounded(), [FULL])
    assert "needs context" in missing_needs(Grounded(), [BARE], offered={Need.JUDGE})
    assert missing_needs(Grounded(), [FULL], offered={Need.JUDGE}) is None


def test_timings_come_with_the_answers_and_are_not_missed_in_the_cases():
    assert missing_needs(LatencyS(), [BARE]) is None


def test_a_metrics_own_complaint_names_the_case():
    assert "metric 'numeric_match' cannot be measured: case 'full' has the reference 'yes', which holds no number" == (
        missing_needs(NumericMatch(), [FULL])
    )
    assert "case 'bare'" in missing_needs(Regex(), [FULL, BARE])
