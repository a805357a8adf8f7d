"""The request to score stored answers again: the parameters of `score`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator

from evaluation.metric_specs import with_whole_path
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import NAMES_OF_PROVIDERS, EvaluationRequest, names_a_model
from evaluation.requests.request_model import OneOrMore, RequestModel, checked_request


class ScoreRequest(RequestModel):
    """Which run's answers are scored with which metrics."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Scoring")

    run: str = Field(min_length=1, description="A run's id, the beginning of one, or `last`.")
    metrics: OneOrMore[str] = Field(default=[], description="Metrics; empty: the benchmark's own.")
    judges: OneOrMore[str] = Field(default=[], description="Models that judge answers: `MODEL` or `MODEL@ENDPOINT`.")
    embedder: str | None = Field(default=None, description="Model that embeds texts: `MODEL` or `MODEL@ENDPOINT`.")
    endpoints: OneOrMore[str] = Field(default=[], description="Servers of those models; empty: those of the run.")
    slots: int | None = Field(default=None, ge=1, le=4096, description="Concurrent requests per server.")
    gpu_tag: str | None = Field(default=None, description="Name of the GPU behind the endpoints.")
    provider: str | None = Field(default=None, description=f"{NAMES_OF_PROVIDERS}; empty: detected.")
    allow_remote: bool = Field(default=False, description="Allow models that run on somebody else's machine.")
    timeout_s: float = Field(
        default=300.0, gt=0, description=("Time limit of one attempt in seconds, excluding model loading.")
    )

    _names_a_model = field_validator("judges", "embedder")(names_a_model)

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with absolute paths of metrics."""
        return self.model_copy(update={"metrics": [with_whole_path(text, folder=folder) for text in self.metrics]})

    def for_run(self, run: RunRecord) -> EvaluationRequest:
        """Return the evaluation request that would measure the same on the same candidates."""
        fields = self.model_dump(exclude={"run"})
        if not self.endpoints:
            fields["endpoints"] = list(dict.fromkeys(candidate.plan.endpoint_url for candidate in run.candidates))
        return EvaluationRequest(
            benchmarks=[run.plan.benchmark_name],
            models=[candidate.plan.model_name for candidate in run.candidates],
            repeats=run.plan.n_repeats,
            seed=run.plan.seed,
            **fields,
        )


def read_score_request(fields: Mapping[str, Any], *, source: str = "the command line") -> ScoreRequest:
    """Return the validated request.

    Args:
        fields: Fields of `ScoreRequest`.
        source: The place of a bad value, for error messages.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    return checked_request(ScoreRequest, fields, source=source)
