"""Another word to the judge makes other scores: no change of the prompts may go unnoticed."""

import pytest

from evaluation.case import Case
from evaluation.fingerprint import fingerprint
from evaluation.generation import Generation
from evaluation.metrics.judges.judge_metric import JudgeMetric
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.judges.rubric import JudgeRubric


@pytest.mark.parametrize(
    ("metric", "scorer_version", "signature"),
    [(JudgeRubric(), "1.62d55301c7d2", "507e1b476098"), (JudgePairwise(), "1.0237f8e5398e", "d8dca0e0ba7a")],
)
def test_prompts_and_defaults_are_those_of_the_stored_scores(
    metric: JudgeMetric, scorer_version: str, signature: str
) -> None:
    # Where a change is meant, these are what changes with it; old scores stay under their old signature.
    assert scorer_version == metric.scorer_version
    assert signature == fingerprint(metric.signature)[:12]


@pytest.mark.parametrize(("metric", "questions"), [(JudgeRubric(), "47c770638899"), (JudgePairwise(), "146274631a8f")])
def test_a_whole_question_is_laid_out_as_it_was(metric: JudgeMetric, questions: str) -> None:
    case = Case(case_id="1", prompt="Q", references=("r", "s"), context=("c", "d"), choices=("x", "y"))
    generations = [Generation(text="", answer="a" * 9000), Generation(text="", answer="b")]
    asked = metric.requests(case, generations if isinstance(metric, JudgePairwise) else generations[:1])
    assert questions == fingerprint([[[m.role, m.content] for m in one.messages] for one in asked])[:12]
