"""Did the model choose the right option?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.extraction import NOT_EXTRACTED, chosen_option, option_index
from evaluation.metrics.metric import Answers, Metric, Need
from evaluation.score import Measurement


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(Metric):
    """1 where the option that the answer chooses is a right one, else 0.

    The label is the stage that found the choice: `strict` (the answer is a letter, an option's text, or both),
    `flexible` (somewhere in a longer answer), or `not_extracted`, which scores 0. Many of the last kind mean that
    the format broke, not the model's knowledge.
    """

    name: ClassVar[str] = "multiple_choice"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.CHOICES})

    def problem(self, case: Case) -> str | None:
        """Says which reference names no option."""
        for reference in case.references:
            if option_index(reference, case.choices) is None:
                return f"has the reference {reference!r}, which is neither the letter nor the text of an option"
        return None

    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement:
        (generation,) = generations
        choice = chosen_option(generation.answer, case.choices)
        if choice is None:
            return Measurement(value=0.0, label=NOT_EXTRACTED)
        index, stage = choice
        right = index in {option_index(reference, case.choices) for reference in case.references}
        return Measurement(value=float(right), label=stage, rationale=f"chose {case.choices[index]!r}")
