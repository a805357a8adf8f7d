"""The request to have a judge grade calls in production: the parameters of `grade-traffic`, as form and command."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from evaluation.errors import ConfigurationError
from evaluation.records.policies import day_of
from evaluation.requests.evaluation_request import NAMED_SO, NAMES_OF_PROVIDERS, EvaluationRequest, names_a_model
from evaluation.requests.request_model import ModelText, Names, OneOrMore, RequestModel, ServerText, checked_request


class GradingRequest(RequestModel):
    """Which calls in production are graded, by which judge."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Grading of traffic")

    judge: ModelText | None = Field(default=None, title="Judge", description=f"Model that grades: {NAMED_SO}")
    criteria: str = Field(
        default="", title="Criteria", description="What a good answer is, in words; empty: general criteria."
    )
    sample: int = Field(
        default=50,
        ge=1,
        le=10_000,
        title="Calls a day",
        description="Calls of each day that are graded, shared evenly by tasks, policies and candidates.",
    )
    days: int = Field(
        default=1,
        ge=1,
        le=90,
        title="Days",
        description="Whole days (UTC) before today whose calls are graded. Graded ones are not asked again.",
    )
    today: bool = Field(default=False, title="Today too", description="Grade calls of today too.")
    tasks: Names = Field(default=[], title="Tasks", description="Calls of these tasks alone. Empty: all.")
    policies: Names = Field(
        default=[], title="Policies", description="Calls that these policies of the gateway answered. Empty: all calls."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Determines which calls of a day are graded.")
    endpoints: OneOrMore[ServerText] = Field(default=[], title="Servers", description="Names or addresses of servers.")
    timeout_s: float = Field(
        default=300.0, gt=0, allow_inf_nan=False, description="Time limit of one attempt in seconds, without loading."
    )
    embedded: bool = Field(default=False, description="Use the embedded server too.")
    allow_remote: bool = Field(default=False, description="Allow models that run on somebody else's machine.")
    slots: int | None = Field(default=None, ge=1, le=4096, description="Concurrent requests per server.")
    gpu_tag: str | None = Field(default=None, description="Name of the GPU behind the endpoints.")
    provider: str | None = Field(default=None, description=f"{NAMES_OF_PROVIDERS}; empty: detected.")

    _names_a_model = field_validator("judge")(names_a_model)

    def periods(self, moment: datetime) -> list[tuple[datetime, datetime]]:
        """Return the days whose calls are graded, the oldest first, each from its beginning to its end."""
        today = day_of(moment.astimezone(UTC))
        days = [today - timedelta(days=back) for back in range(self.days, 0, -1)]
        return [(day, day + timedelta(days=1)) for day in [*days, *([today] if self.today else [])]]

    @property
    def named_judge(self) -> str:
        """The judge.

        Raises:
            ConfigurationError: none is named.
        """
        if self.judge is None:
            raise ConfigurationError(
                "no judge is named, so that nothing can be graded",
                "Name a model with --judge MODEL, or in the form (field `judge`); a larger one than it grades is best.",
            )
        return self.judge

    def refuse_impossible(self) -> None:
        """Refuse a grading without a judge."""
        _ = self.named_judge

    def as_evaluation(self) -> EvaluationRequest:
        """Return the evaluation request that looks for the judge on the same servers."""
        shared = ("endpoints", "embedded", "slots", "gpu_tag", "provider", "allow_remote", "timeout_s")
        fields = {name: getattr(self, name) for name in shared}
        judge = self.named_judge
        return EvaluationRequest(benchmarks=["traffic"], models=[judge], judges=[judge], **fields)


def read_grading_request(fields: Mapping[str, Any]) -> GradingRequest:
    """Return the request from the options of the command line.

    Raises:
        ConfigurationError: an invalid value.
    """
    return checked_request(GradingRequest, fields, about="`benchwright traffic grade --help` lists the options.")
