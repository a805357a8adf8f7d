"""Instruction following: verifiable instructions of a prompt that the answer follows (IFEval).

Zhou et al. 2023, arXiv:2311.07911. Two levels, each strict and loose: whether all instructions of a prompt are
followed, and the share of all instructions that are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.instructions.reading import followed, instructions_of
from evaluation.metrics.metric import AnswerMetric, CorpusMetric
from evaluation.scores import Measurement

FOLLOWED = "followed"
FAILED = "failed"

_BLIND_SPOTS = (
    "whether the answer is any good, and all that the prompt asks beside its instructions; "
    "sentences are counted by Punkt's rules with a shorter list of words than NLTK's"
)
_LOOSE_BLIND_SPOTS = f"{_BLIND_SPOTS}; a shortened answer can follow what the whole one breaks"
_FORMS = "the answer, or by it without its first line, its last, both, or its asterisks"


@dataclass(frozen=True, kw_only=True)
class _Verified(AnswerMetric):
    unit: ClassVar[str] = "fraction"
    source: ClassVar[str] = "Zhou et al. 2023, arXiv:2311.07911; google-research/instruction_following_eval"
    loosely: ClassVar[bool] = False
    """True if each instruction may be followed by a different shortened form of the answer."""

    def problem(self, case: Case) -> str | None:
        """Say which instruction is unknown or has arguments that it does not take."""
        try:
            instructions_of(case)
        except ConfigurationError as error:
            return f"has instructions that cannot be checked: {error.message}"
        return None

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        instructions = instructions_of(case)
        verdicts = followed(instructions, generation.answer, loosely=self.loosely)
        pairs = list(zip(instructions, verdicts, strict=True))
        broken = [instruction.shown for instruction, is_followed in pairs if not is_followed]
        return Measurement(
            value=self._value(verdicts),
            label=FAILED if broken else FOLLOWED,
            rationale=f"not followed: {'; '.join(broken)}" if broken else None,
            evidence=tuple(part for instruction, verdict in pairs for part in (instruction.name, float(verdict))),
        )

    def _value(self, verdicts: Sequence[bool]) -> float:
        return float(all(verdicts))


@dataclass(frozen=True, kw_only=True)
class InstructionFollowing(_Verified):
    """1 where the answer follows all verifiable instructions of its prompt, else 0."""

    name: ClassVar[str] = "instruction_following"
    formula: ClassVar[str] = "prompts of which all instructions are followed / prompts"
    blind_spots: ClassVar[str] = _BLIND_SPOTS


@dataclass(frozen=True, kw_only=True)
class InstructionFollowingLoose(_Verified):
    """1 where each instruction is followed by the answer or by one of seven shortened forms of it, else 0.

    Shortened by its first line, its last or both, and by its asterisks: "Sure, here it is:" and bold type are forgiven.
    Different instructions may be followed by different forms.
    """

    name: ClassVar[str] = "instruction_following_loose"
    formula: ClassVar[str] = f"prompts of which all instructions are followed by {_FORMS} / prompts"
    blind_spots: ClassVar[str] = _LOOSE_BLIND_SPOTS
    loosely: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class InstructionAccuracy(_Verified, CorpusMetric):
    """Share of all instructions that are followed; a case with three of them counts three times.

    Evidence: each instruction's id and 1 where it is followed, else 0, one after the other.
    """

    name: ClassVar[str] = "instruction_accuracy"
    formula: ClassVar[str] = "followed instructions / instructions, over all cases together"
    blind_spots: ClassVar[str] = _BLIND_SPOTS

    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return the number of followed instructions over that of all instructions, across all rows."""
        verdicts = [float(verdict) for row in rows for verdict in row.evidence[1::2]]
        return self._value([verdict == 1.0 for verdict in verdicts])

    def _value(self, verdicts: Sequence[bool]) -> float:
        return sum(verdicts) / len(verdicts)


@dataclass(frozen=True, kw_only=True)
class InstructionAccuracyLoose(InstructionAccuracy):
    """Share of all instructions that the answer or one of its shortened forms follows."""

    name: ClassVar[str] = "instruction_accuracy_loose"
    formula: ClassVar[str] = f"instructions followed by {_FORMS} / instructions, over all cases together"
    blind_spots: ClassVar[str] = _LOOSE_BLIND_SPOTS
    loosely: ClassVar[bool] = True
