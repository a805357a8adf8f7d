"""Rubric grading: a judge model grades an answer by criteria in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.judges.judge_metric import (
    EMPTY_ANSWER,
    MATERIAL_RULE,
    JudgeMetric,
    is_worthless,
    prompt_hash,
    reply_text,
)
from evaluation.metrics.judges.material import Material, fenced, question_material
from evaluation.metrics.judges.verdict import HIGHEST_SCORE, LOWEST_SCORE, RUBRIC_SCHEMA, read_rubric_verdict
from evaluation.metrics.requests import Answers, AskJudge
from evaluation.scores import Measurement, ScoreFailure

_SYSTEM = f"You grade one answer, fairly and strictly. You do not know who wrote it.\n\n{MATERIAL_RULE}"
_PROMPT = """Criteria:
{criteria}

Scale:
{scale}

{material}

Grade the answer between the lines with the code {mark}, by the criteria and the scale alone. A longer answer is not \
a better one.
Reply in JSON with two fields and nothing else: "rationale", one or two sentences on what decided; "score", a whole \
number from 1 to 5."""
_N_LEVELS = HIGHEST_SCORE - LOWEST_SCORE + 1


class RubricEvidence(NamedTuple):
    """Evidence for a stored grade."""

    score: float
    """Grade from the judge, 1 to 5."""
    n_characters: float
    """Length of the answer in characters."""


@dataclass(frozen=True, kw_only=True)
class JudgeRubric(JudgeMetric):
    """A judge's grade of 1 to 5 by a rubric, as a share of the way from 1 to 5, in [0, 1] (Zheng et al. 2023).

    The judge writes its reasons before the grade, and sees neither the candidate's name nor its thinking. The grade
    itself is the label. An empty answer gets a 1 without being shown, unless a reference is empty too.
    """

    name: ClassVar[str] = "judge_rubric"
    formula: ClassVar[str] = "(grade - 1) / 4, grade a whole number from 1 to 5"
    source: ClassVar[str] = "Single-answer grading of Zheng et al. 2023, arXiv:2306.05685, on an anchored scale of 1-5"
    blind_spots: ClassVar[str] = (
        "What the judge does not know it cannot grade; judges favour long answers, a confident tone and models like "
        "themselves, and one judge's 4 is another's 3."
    )
    scorer_version: ClassVar[str] = f"1.{prompt_hash(_SYSTEM, _PROMPT, RUBRIC_SCHEMA)}"

    anchors: tuple[str, ...] = (
        "Useless: wrong, off the question, or nothing to be judged.",
        "Poor: mostly wrong, or most of what was asked for is missing.",
        "Fair: right in part, with a fault that matters.",
        "Good: right and complete, with small faults.",
        "Excellent: nothing to mend by these criteria.",
    )
    """Meaning of each grade, from 1 to 5."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.anchors) != _N_LEVELS or not all(anchor.strip() for anchor in self.anchors):
            raise ConfigurationError(
                f"metric {self.name!r}: anchors={self.anchors!r} are not {_N_LEVELS} descriptions",
                next_step=f"Describe each grade from {LOWEST_SCORE} to {HIGHEST_SCORE}, in this order",
            )

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[AskJudge, ...]:
        (generation,) = generations
        return () if is_worthless(case, generation) else (self._question(case, generation),)

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        (generation,) = generations
        if is_worthless(case, generation):
            return Measurement(value=0.0, label=EMPTY_ANSWER, rationale="empty answer; the judge was not called")
        reply = reply_text(answers[self._question(case, generation)])
        verdict = reply if isinstance(reply, ScoreFailure) else read_rubric_verdict(reply)
        if isinstance(verdict, ScoreFailure):
            return verdict
        return Measurement(
            value=(verdict.score - LOWEST_SCORE) / (HIGHEST_SCORE - LOWEST_SCORE),
            label=str(verdict.score),
            rationale=verdict.rationale,
            evidence=RubricEvidence(float(verdict.score), float(len(generation.answer))),
        )

    def _question(self, case: Case, generation: Generation) -> AskJudge:
        materials = question_material(case, with_context=self.with_context, with_references=self.with_references)
        shown = fenced(
            [*materials, Material(title="answer", text=generation.answer)], max_characters=self.max_characters
        )
        prompt = _PROMPT.format(criteria=self._criteria, scale=self._scale, material=shown.text, mark=shown.mark)
        return self._ask(system=_SYSTEM, prompt=prompt, schema=RUBRIC_SCHEMA)

    @property
    def _scale(self) -> str:
        levels = list(enumerate(self.anchors, start=LOWEST_SCORE))
        return "\n".join(f"{grade}: {anchor}" for grade, anchor in reversed(levels))


def rubric_evidence(measurement: Measurement) -> RubricEvidence | None:
    """Return the verdict behind a stored grade; None if no judge was called."""
    if len(measurement.evidence) != len(RubricEvidence._fields):
        return None
    return RubricEvidence(*(float(number) for number in measurement.evidence))
