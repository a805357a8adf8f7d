"""Pairwise preference by a judge model that is asked in both orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, cast

from evaluation.case import Case
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
from evaluation.metrics.judges.verdict import PAIRWISE_SCHEMA, PairVerdict, Preference, read_pair_verdict
from evaluation.metrics.requests import Answer, Answers, AskJudge
from evaluation.scores import Measurement, ScoreFailure

_SYSTEM = f"You compare two answers to one question, fairly. You do not know who wrote them.\n\n{MATERIAL_RULE}"
_PROMPT = """Criteria:
{criteria}

{material}

Which of the two answers between the lines with the code {mark} is better, by the criteria alone? Which one stands \
first says nothing, and a longer answer is not a better one. Where neither is better, it is a tie.
Reply in JSON with two fields and nothing else: "rationale", one or two sentences on what decided; "verdict", one of \
"A", "B" and "tie"."""

INCONSISTENT = "inconsistent"
EQUAL_ANSWERS = "equal_answers"
NO_OPPONENT = "no_opponent"
"""Kind of failure for a missing opponent."""

Winner = Literal["win", "loss", "tie"]
_VALUES: dict[str, float] = {"win": 1.0, "loss": 0.0, "tie": 0.5}


class PairwiseEvidence(NamedTuple):
    """Evidence for a stored comparison. `A` is always the answer shown first."""

    measured_first: Preference
    """Verdict with the measured answer first."""
    opponent_first: Preference
    """Verdict with the opponent's answer first."""
    n_characters: float
    """Length of the measured answer in characters."""
    n_characters_opponent: float


@dataclass(frozen=True, kw_only=True)
class JudgePairwise(JudgeMetric):
    """1 where a judge prefers the answer to the opponent's in both orders, 0 the reverse, else 0.5 (Zheng et al. 2023).

    The two answers are shown as A and B without names, once in each order. Where the two verdicts disagree, the pair
    counts as a tie with the label `inconsistent`. Equal answers tie without a judge, and an empty one loses to one that
    is not (unless a reference is empty too). The opponent's generation is the second of the two.
    """

    name: ClassVar[str] = "judge_pairwise"
    formula: ClassVar[str] = "1 preferred in both orders, 0 the other preferred in both, 1/2 tie or the orders disagree"
    source: ClassVar[str] = (
        "Pairwise comparison with swapped positions, Zheng et al. 2023, arXiv:2306.05685, section 3.4"
    )
    blind_spots: ClassVar[str] = (
        "Says which is better, not how good either is; swapping cancels a preference for a position on average, and "
        "turns it into ties; judges favour long answers and models like themselves."
    )
    scorer_version: ClassVar[str] = f"1.{prompt_hash(_SYSTEM, _PROMPT, PAIRWISE_SCHEMA)}"

    against: str = ""
    """The opponent, filled in by the run. Never shown to the judge."""

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[AskJudge, ...]:
        if len(generations) != 2:
            return ()
        measured, opponent = generations
        return () if _without_judge(case, measured, opponent) else self._both_orders(case, measured, opponent)

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        if len(generations) != 2:
            return ScoreFailure(
                kind=NO_OPPONENT, message="judge_pairwise needs an opponent; the run has only one candidate"
            )
        measured, opponent = generations
        unjudged = _without_judge(case, measured, opponent)
        if unjudged is not None:
            return unjudged
        orders = self._both_orders(case, measured, opponent)
        first, second = (_verdict(answers[order], which) for order, which in zip(orders, _ORDERS, strict=True))
        if isinstance(first, ScoreFailure):
            return first
        if isinstance(second, ScoreFailure):
            return second
        return _joined(first, second, measured, opponent)

    def _both_orders(self, case: Case, measured: Generation, opponent: Generation) -> tuple[AskJudge, AskJudge]:
        return self._question(case, measured, opponent), self._question(case, opponent, measured)

    def _question(self, case: Case, first: Generation, second: Generation) -> AskJudge:
        materials = question_material(case, with_context=self.with_context, with_references=self.with_references)
        pair = [Material(title="answer_A", text=first.answer), Material(title="answer_B", text=second.answer)]
        shown = fenced([*materials, *pair], max_characters=self.max_characters)
        prompt = _PROMPT.format(criteria=self._criteria, material=shown.text, mark=shown.mark)
        return self._ask(system=_SYSTEM, prompt=prompt, schema=PAIRWISE_SCHEMA)


_ORDERS = ("where the measured answer stood first", "where the opponent's answer stood first")


def pairwise_evidence(measurement: Measurement) -> PairwiseEvidence | None:
    """Return the verdicts behind a stored comparison; None if no judge was called."""
    if len(measurement.evidence) != len(PairwiseEvidence._fields):
        return None
    first, second, length, length_opponent = measurement.evidence
    return PairwiseEvidence(cast(Preference, first), cast(Preference, second), float(length), float(length_opponent))


def _without_judge(case: Case, measured: Generation, opponent: Generation) -> Measurement | None:
    """Return the value where no judge is needed for it; else None."""
    if measured.answer.strip() == opponent.answer.strip():
        return Measurement(value=0.5, label=EQUAL_ANSWERS, rationale="the answers are equal; the judge was not called")
    if is_worthless(case, measured):
        return Measurement(value=0.0, label=EMPTY_ANSWER, rationale="the answer is empty; the judge was not called")
    if is_worthless(case, opponent):
        return Measurement(
            value=1.0, label=EMPTY_ANSWER, rationale="the opponent's answer is empty; the judge was not called"
        )
    return None


def _verdict(answer: Answer, order: str) -> PairVerdict | ScoreFailure:
    reply = reply_text(answer)
    if isinstance(reply, ScoreFailure):
        return reply
    verdict = read_pair_verdict(reply)
    if isinstance(verdict, ScoreFailure):
        return ScoreFailure(kind=verdict.kind, message=f"{order}: {verdict.message}")
    return verdict


def _joined(first: PairVerdict, second: PairVerdict, measured: Generation, opponent: Generation) -> Measurement:
    """Combine two verdicts, the first of which was given with the measured answer in first place."""
    winners = (_winner(first.preference, front="win"), _winner(second.preference, front="loss"))
    label = winners[0] if winners[0] == winners[1] else INCONSISTENT
    return Measurement(
        value=_VALUES.get(label, 0.5),
        label=label,
        rationale=f"shown first: {first.rationale}\nshown second: {second.rationale}",
        evidence=PairwiseEvidence(
            first.preference, second.preference, float(len(measured.answer)), float(len(opponent.answer))
        ),
    )


def _winner(preference: Preference, *, front: Literal["win", "loss"]) -> Winner:
    """Translate a verdict into one on the measured answer; `front` is what a win of the first place means."""
    if preference == "tie":
        return "tie"
    back: Winner = "loss" if front == "win" else "win"
    return front if preference == "A" else back
