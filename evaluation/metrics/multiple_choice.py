"""Multiple choice: whether the answer chooses the right option."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.choices.choice import FLEXIBLE, STRICT
from evaluation.metrics.choices.extraction import chosen_option
from evaluation.metrics.choices.option_matching import named_option, other_option
from evaluation.metrics.label_extraction import NOT_EXTRACTED
from evaluation.metrics.metric import AnswerMetric, Need
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(AnswerMetric):
    """1 where the option that the answer chooses is a right one, else 0.

    The label is the stage that found the choice: `strict` (the answer is a letter, an option's text, or both),
    `flexible` (somewhere in a longer answer), `ambiguous` (several options are offered, or the one offered is denied
    too) or `not_extracted`; the last two score 0. Many of them mean that the format broke, not the model's knowledge.
    Of an answer that corrects itself, the correction counts; one that only takes its choice back is `ambiguous`. Of one
    that was cut off at the limit of tokens, the sentence or list that it did not finish chooses nothing. Evidence:
    whether the choice is right by the strict stage alone, and by both stages.
    """

    name: ClassVar[str] = "multiple_choice"
    unit: ClassVar[str] = "fraction"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.REFERENCES, Need.CHOICES})
    reads_a_part: ClassVar[bool] = True
    scorer_version: ClassVar[str] = "9"
    formula: ClassVar[str] = "1 if the option that is read from the answer, strictly or else flexibly, is right; else 0"
    blind_spots: ClassVar[str] = (
        "An answer that weighs several options and settles on none is not read, and neither is a choice announced in "
        "rare words or, but for the commonest ones, in another language; guessing gets one in as many as there are "
        "options; a taste for one letter looks like knowledge where that letter is often right."
    )
    evidence_names: ClassVar[tuple[str, ...]] = (STRICT, FLEXIBLE)
    """Names of the numbers in the evidence; the mean of each is an estimate of its own."""

    extraction: Literal["flexible", "strict"] = "flexible"
    """Stage that determines the value; the evidence has both."""

    def problem(self, case: Case) -> str | None:
        """Say which reference names no option, or two."""
        for reference in case.references:
            index = named_option(reference, case.choices)
            if index is None:
                return f"has the reference {reference!r}, which is neither the letter nor the text of an option"
            other = other_option(reference, case.choices)
            if other is not None:
                lettered = [f"{chr(ord('A') + place)}) {case.choices[place]}" for place in (index, other)]
                return (
                    f"has the reference {reference!r}, which is the letter of {case.choices[index]!r} and the text of "
                    f"option {lettered[1][0]}; write the letter with its text, {lettered[0]!r} or {lettered[1]!r}"
                )
        return None

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        choice = chosen_option(
            generation.answer,
            case.choices,
            question="\n".join((case.prompt, *(message.content for message in case.messages))),
            cut_off=generation.finish_reason == "length",
        )
        if choice.index is None:
            return Measurement(value=0.0, label=choice.stage, evidence=(0.0, 0.0))
        index, stage = choice.index, choice.stage
        right = float(index in {named_option(reference, case.choices) for reference in case.references})
        by_stage = {STRICT: right if stage == STRICT else 0.0, FLEXIBLE: right}
        return Measurement(
            value=by_stage[self.extraction],
            label=stage if stage == STRICT or self.extraction == FLEXIBLE else NOT_EXTRACTED,
            rationale=f"chose {case.choices[index]!r}",
            evidence=(by_stage[STRICT], by_stage[FLEXIBLE]),
        )
