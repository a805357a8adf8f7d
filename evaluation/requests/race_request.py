"""The request of a race: the parameters of `race`, identical in form and command."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from evaluation.errors import ConfigurationError
from evaluation.races.rules import Budget, Level, Method, RaceRules
from evaluation.requests.evaluation_request import EvaluationRequest, read_request
from evaluation.requests.margin import read_margin
from evaluation.requests.request_model import RequestModel, checked_request

ABOUT = "`benchwright race --help` lists the options."
CONTINUOUS = "continuous"
NAMED_LEVELS: Mapping[str, int | None] = {"smoke": 20, "quick": 100, "full": None}
"""Cases that every remaining candidate has been asked by the end of a level; None for all."""
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][0-9]{1,2})?")


class RaceRequest(RequestModel):
    """Candidates and benchmark of a race, with its rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Race")

    evaluation: EvaluationRequest = Field(description="Candidates, one benchmark, and the options of the evaluation.")
    method: Literal["evidence", "halving"] = Field(
        default="evidence",
        description="evidence: drop candidates that are shown not to be the best, with a guarantee; halving: drop "
        "the worse half in every round, without one.",
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Maximum probability that the best is dropped.")
    margin: str | None = Field(
        default=None, description="A difference that does not matter: `2pp`, `2%` or `0.02`. The race may end there."
    )
    levels: list[str] = Field(
        default=[], description="`continuous`, or levels such as `smoke`, `quick=200`, `full`; empty: continuous."
    )
    confirm: int | None = Field(
        default=None,
        ge=0,
        description=("Maximum number of unseen cases for the confirmation; empty: a share of the benchmark."),
    )
    budget: list[str] = Field(default=[], description="`calls=4000`, `minutes=30`, `tokens=1e6`.")

    @field_validator("levels", "budget", mode="before")
    @classmethod
    def _words_may_be_joined(cls, value: Any) -> Any:
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            return words
        return [part.strip() for word in words for part in word.split(",")]

    @model_validator(mode="after")
    def _is_a_race(self) -> "RaceRequest":
        if len(self.evaluation.benchmarks) != 1:
            raise ValueError(f"a race takes one benchmark, and {len(self.evaluation.benchmarks)} are given")
        n_candidates = len(self.evaluation.models) + len(self.evaluation.candidates)
        if n_candidates < 2:
            raise ValueError("a race needs two candidates or more (--model, --candidate)")
        if self.evaluation.spread > 1:
            raise ValueError("a race decides as results arrive, and cannot be spread over workers: leave spread out")
        return self

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with absolute paths in its evaluation."""
        return self.model_copy(update={"evaluation": self.evaluation.with_whole_paths(folder)})

    @property
    def own_fields(self) -> dict[str, Any]:
        """All fields except the evaluation, as plain JSON."""
        return self.model_dump(mode="json", exclude={"evaluation"})

    def rules(self, *, metric: str = "score", unit: str = "fraction") -> RaceRules:
        """Return the rules of the race.

        Args:
            metric: Name of the metric that the race is decided on.
            unit: Unit of that metric, in which the margin is.

        Raises:
            ConfigurationError: an invalid level, budget or margin.
        """
        return RaceRules(
            method=Method(self.method),
            alpha=self.alpha,
            margin=None if self.margin is None else read_margin(self.margin).of_unit(metric, unit),
            levels=_levels(self.levels),
            confirm=self.confirm,
            budget=_budget(self.budget),
            n_repeats=self.evaluation.repeats,
        )

    def refuse_impossible(self) -> None:
        """Refuse rules that are none, and what the evaluation refuses."""
        self.evaluation.refuse_impossible()
        self.refuse_bad_rules()

    def refuse_bad_rules(self) -> None:
        """Check margin, levels and budget, as far as they do not depend on a metric.

        Raises:
            ConfigurationError: an invalid level, budget or margin.
        """
        if self.margin is not None:
            read_margin(self.margin)
        self.model_copy(update={"margin": None}).rules()


def read_race_request(fields: Mapping[str, Any], *, source: str = "the command line") -> RaceRequest:
    """Return the validated request.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    evaluation_fields = fields.get("evaluation")
    evaluation = (
        read_request(evaluation_fields, source=source) if isinstance(evaluation_fields, Mapping) else evaluation_fields
    )
    request = checked_request(RaceRequest, {**fields, "evaluation": evaluation}, source=source, about=ABOUT)
    request.refuse_bad_rules()
    return request


def _levels(words: list[str]) -> tuple[Level, ...]:
    if words in ([], [CONTINUOUS]):
        return ()
    return tuple(_level(word) for word in words)


def _level(word: str) -> Level:
    name, sign, size = word.partition("=")
    if sign and name and re.fullmatch(r"[1-9][0-9]{0,17}", size):
        return Level(name=name, n_cases=int(size))
    if not sign and name in NAMED_LEVELS:
        return Level(name=name, n_cases=NAMED_LEVELS[name])
    raise ConfigurationError(
        f"unknown level {word!r}; allowed: {CONTINUOUS} alone, {', '.join(NAMED_LEVELS)}, or NAME=CASES",
        "For example --levels smoke=30,quick=200,full",
    )


def _budget(words: list[str]) -> Budget:
    limits: dict[str, Any] = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in ("calls", "minutes", "tokens") or not _NUMBER.fullmatch(number) or name in limits:
            raise ConfigurationError(
                f"budget {word!r} is not of the form calls=N, minutes=N or tokens=N, each once",
                "For example --budget calls=4000,minutes=30",
            )
        limits[name] = float(number) if name == "minutes" else int(float(number))
    return Budget(**limits)
