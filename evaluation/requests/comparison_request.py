"""The request of a comparison: the parameters of `compare`, identical in form and command."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.margin import Margin, read_margin
from evaluation.requests.request_model import Names, RequestModel, checked_request

FIRST = "first"
"""Names the first of all sides, unless one is called so."""
_ABOUT = "`benchwright compare --help` lists the options."


class ComparisonRequest(RequestModel):
    """Which candidates are compared: those of stored runs, those of an evaluation made now, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Comparison")

    runs: Names = Field(
        default=[],
        description="Ids of runs, beginnings of ids, `last`, or names of experiments: all their candidates.",
    )
    experiment: str | None = Field(
        default=None,
        description=("Experiment to add the comparison to; without runs, the experiment's runs are compared."),
    )
    evaluation: EvaluationRequest | None = Field(
        default=None, description=("Evaluation to run first; its candidates are compared.")
    )
    metrics: Names = Field(
        default=[], description=("Metrics to compare by; empty: the headline first, then all shared ones.")
    )
    by: str | None = Field(
        default=None,
        description="What makes a side: model, family, quantization, temperature, any option, profile, think, "
        "endpoint, server_version, digest, week, run, tag. Empty: each candidate of each run.",
    )
    against: str | None = Field(
        default=None, description="Baseline side that every other one is compared with; `first`: the first one."
    )
    margin: str | None = Field(default=None, description="A difference too small to matter: `2pp`, `2%` or `0.02`.")
    n_flips: int = Field(default=5, ge=0, le=10_000, description="Number of flipped cases to show in each direction.")

    @field_validator("by", "against", "experiment")
    @classmethod
    def _is_not_empty(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("empty; leave it out, or give a name")
        return value

    @model_validator(mode="after")
    def _compares_something(self) -> "ComparisonRequest":
        if not self.runs and self.evaluation is None and self.experiment is None:
            raise ValueError(
                "nothing to compare: give at least one RUN or an EXPERIMENT, or --benchmark and --model to evaluate now"
            )
        return self

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with absolute paths in its evaluation."""
        if self.evaluation is None:
            return self
        return self.model_copy(update={"evaluation": self.evaluation.with_whole_paths(folder)})

    def refuse_impossible(self) -> None:
        """Refuse a margin that is none, and what the evaluation refuses."""
        self.read_margin()
        if self.evaluation is not None:
            self.evaluation.refuse_impossible()

    def read_margin(self) -> Margin | None:
        """Return the requested margin.

        Raises:
            ConfigurationError: it is not a margin.
        """
        return None if self.margin is None else read_margin(self.margin)


def read_comparison_request(fields: Mapping[str, Any], *, checks: Sequence[str] | None = None) -> ComparisonRequest:
    """Return the validated comparison request.

    Args:
        fields: Fields of the request, by name.
        checks: Metrics that are checked for regressions besides the headline; None: nothing is checked. Checked metrics
            are compared with a baseline, the first side where none is named.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    if checks is not None:  # the other pairs are not asked for, and p need not allow for them
        fields = {"against": FIRST, **fields}
    if checks and "metrics" in fields:
        fields = {**fields, "metrics": [*fields["metrics"], *checks]}
    request = checked_request(ComparisonRequest, fields, about=_ABOUT)
    request.read_margin()
    return request
