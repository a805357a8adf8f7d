"""Where the time and the tokens of a candidate with a pipeline go, stage by stage."""

from dataclasses import dataclass

from evaluation.records.stages import StageSums


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTotal(StageSums):
    """The stages of one name that a candidate asked, in all cases together, and their share of the whole.

    Sums leave out stages without the figure; None: no stage has it. Seconds and joules leave out reused answers.
    """

    share_of_seconds: float | None
    """Share of the candidate's `total_s`, in [0, 1]; None if not known."""
    share_of_tokens: float | None
    """Share of the candidate's prompt and output tokens, in [0, 1]; None if none are known of this stage."""
