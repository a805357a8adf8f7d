"""The request of an evaluation: the parameters of `evaluate`, identical in form, file and command line."""

import math
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import are_files_elsewhere
from evaluation.files.field_mapping import read_mapping
from evaluation.files.number_parsing import read_number
from evaluation.metric_specs import names_a_file, with_whole_path
from evaluation.options import read_options
from evaluation.providers import PROVIDERS
from evaluation.requests.case_levels import CASES_OF_LEVEL, CaseLevel
from evaluation.requests.pipeline_words import PIPELINE, pipeline_words, reads_a_file, refuse_bad_options, refuse_spread
from evaluation.requests.prices import PriceTable, as_prices
from evaluation.requests.request_model import (
    COMMAND_LINE,
    WHERE_KEYS_BELONG,
    MetricText,
    ModelText,
    OneOrMore,
    RequestModel,
    ServerText,
    checked_request,
)
from evaluation.requests.whole_paths import candidate_at, options_at

OF_BLOCK = "block:"
"""Prefix of the name of a block of prices; the block is read by the process that runs the request."""
NAMED_SO = "`MODEL` or `MODEL@ENDPOINT`; no user, password or key in the address."
NAMES_OF_PROVIDERS = " or ".join(f"`{name}`" for name in PROVIDERS)
THINK_WORDS: Mapping[str, bool | str] = {
    "true": True,
    "false": False,
    "low": "low",
    "medium": "medium",
    "high": "high",
    "max": "max",
}


_LONGEST_SHOWN = 120
"""Characters of a user's word that a message repeats."""


class CandidateRequest(BaseModel):
    """A model with the options that the user set for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    options: dict[str, Any] = {}
    profile: str | None = None
    system: str | None = None
    think: bool | str | None = None
    pipeline: str | None = None
    """Name of a pipeline, or `path.py:Class`; None: the model is asked directly."""
    pipeline_options: dict[str, str] = {}

    @classmethod
    def parse(cls, text: str) -> "CandidateRequest":
        """Parse a candidate from `NAME temperature=0.2 num_ctx=8192 profile=concise think=false`, words as in a shell.

        Behind `pipeline=NAME`, the pipeline's options are words like the others: `pipeline=map_reduce chunk_size=512`.

        Raises:
            ConfigurationError: a word that is not `key=value`, an unknown key, a bad value.
        """
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise ConfigurationError(f"candidate {_shown(text)}: {error}", "Close the quotation mark.") from None
        if not words or "=" in words[0]:
            raise ConfigurationError(
                f"candidate {_shown(text)} does not begin with a model's name", "For example 'NAME num_ctx=8192'"
            )
        return cls.of_options(words[0], parse_options(words[1:]))

    @classmethod
    def of_options(cls, model: str, options: Mapping[str, Any], **others: Any) -> "CandidateRequest":
        """Return the candidate with these options: the model's, the pipeline's, its profile and think mode.

        Args:
            model: The model.
            options: As from `parse_options`.
            others: Fields that no option sets; a profile stands in for one that the options lack.

        Raises:
            UnknownNameError: no such option or pipeline.
            ConfigurationError: a bad value.
        """
        words = pipeline_words(options)
        of_pipeline = {name: str(value) for name, value in options.items() if words.takes(name)}
        own = {name: value for name, value in options.items() if name not in of_pipeline}
        profile_of_all = others.pop("profile", None)
        profile = own.pop("profile", None) or profile_of_all
        think, pipeline = _read_think(own.pop("think", None)), own.pop(PIPELINE, None)
        read_options(own)
        if pipeline is not None:
            refuse_bad_options(pipeline, of_pipeline, model=model)
        return cls(
            model=model,
            options=own,
            profile=profile,
            think=think,
            pipeline=pipeline,
            pipeline_options=of_pipeline,
            **others,
        )

    def as_text(self) -> str:
        """Return the text from which `parse` makes this candidate."""
        words = [self.model, *(f"{key}={as_word(value)}" for key, value in self.options.items())]
        words += [f"profile={self.profile}"] if self.profile else []
        words += [f"think={as_word(self.think)}"] if self.think is not None else []
        words += [f"{PIPELINE}={self.pipeline}"] if self.pipeline is not None else []
        words += [f"{key}={value}" for key, value in self.pipeline_options.items()]
        return shlex.join(words)


def as_word(value: Any) -> str:
    """Return an option's value as it is written behind `key=`."""
    if isinstance(value, bool):
        return str(value).lower()
    return "|".join(value) if isinstance(value, list) else str(value)


def _read_think(value: Any) -> bool | str | None:
    if value is None or isinstance(value, bool):
        return value
    if str(value).lower() not in THINK_WORDS:
        raise ConfigurationError(
            f"invalid think={value!r}; allowed: {', '.join(THINK_WORDS)}", "For example think=false"
        )
    return THINK_WORDS[str(value).lower()]


def parse_options(words: list[str]) -> dict[str, Any]:
    """Parse `key=value` words into a mapping; several stop words are separated by `|`.

    Raises:
        UnknownNameError: a word that is no option of models, nor of the pipeline that the words name.
        ConfigurationError: a word that is not `key=value`.
    """
    pairs = list(map(_key_and_value, words))
    values = dict(pairs)
    for key, value in values.items():
        values_of_key = [_shown(each) for name, each in pairs if name == key]
        if len(values_of_key) > 1:
            raise ConfigurationError(
                f"option {key!r} is given {len(values_of_key)} times: {', '.join(values_of_key)}", "Give it once."
            )
        if key == PIPELINE and not value:
            raise _without_value(key)
    of_pipeline = pipeline_words(values)
    for key, value in values.items():
        of_pipeline.refuse_unknown(key)
        if not value and not of_pipeline.takes(key):
            raise _without_value(key)
    return {key: value.split("|") if key == "stop" else value for key, value in values.items()}


def _key_and_value(word: str) -> tuple[str, str]:
    key, sign, value = word.partition("=")
    if not sign or not key:
        raise ConfigurationError(
            f"option {_shown(word)} is not of the form key=value",
            "For example temperature=0.2; quote a value that holds spaces: 'prompt=two words'.",
        )
    return key, value


def _without_value(key: str) -> ConfigurationError:
    return ConfigurationError(f"option '{key}=' has no value", f"Write a value behind {key}=, or leave it out.")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")


def names_a_model(value: Any) -> Any:
    """Check the name, or each of a list of names, of models that metrics ask, and return it unchanged.

    Raises:
        ValueError: a name is empty, as an unset shell variable is, or lacks its model or its server.
    """
    for name in value if isinstance(value, list) else [value]:
        if name is not None and not name.strip():
            raise ValueError("an empty name; write MODEL or MODEL@ENDPOINT")
        if name is not None and "@" in name and not all(part.strip() for part in name.partition("@")):
            raise ValueError(f"{name!r} is neither MODEL nor MODEL@ENDPOINT, such as qwen3:8b@big-server")
    return value


class EvaluationRequest(RequestModel):
    """Which candidates are asked which cases, how often, and with which metrics."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Evaluation")

    benchmarks: OneOrMore[str] = Field(
        min_length=1, description="Names of standard suites or stored benchmarks, or paths of files."
    )
    models: OneOrMore[str] = Field(default=[], description="Models, each with the options given for all models.")
    candidates: OneOrMore[str] = Field(
        default=[],
        description=(
            "Models with options of their own, one per line: `llama3.2:3b temperature=0.2 num_ctx=8192 "
            "profile=concise`, `llama3.2:3b pipeline=map_reduce chunk_size=512`."
        ),
    )
    options: list[str] = Field(
        default=[], description=("Options for every model above, one per line: `temperature=0.2`.")
    )
    system: str | None = Field(default=None, description="System prompt for every model above.")
    profile: str | None = Field(default=None, description="Prompt profile for every model above.")
    endpoints: OneOrMore[ServerText] = Field(
        default=[],
        description=f"Names or URLs of servers, or `pool:NAME`; empty: the one in OLLAMA_HOST. {WHERE_KEYS_BELONG}",
    )
    slots: int | None = Field(default=None, ge=1, le=4096, description="Concurrent requests per server.")
    gpu_tag: str | None = Field(default=None, description="Name of the GPU behind the endpoints.")
    provider: str | None = Field(default=None, description=f"{NAMES_OF_PROVIDERS}; empty: detected.")
    embedded: bool = Field(default=False, description="Use the embedded server too.")
    allow_remote: bool = Field(default=False, description="Allow models that run on somebody else's machine.")
    metrics: OneOrMore[MetricText] = Field(
        default=[], description="Metrics to use instead of the benchmark's own; from your own file: `path.py:Name`."
    )
    judges: OneOrMore[ModelText] = Field(default=[], description=f"Models that judge answers: {NAMED_SO}")
    embedder: ModelText | None = Field(default=None, description=f"Model that embeds texts: {NAMED_SO}")
    prices: dict[str, Any] | str | None = Field(
        default=None,
        description=(
            "Prices by model, in the format of a `--prices` file, or `block:NAME`; they give each candidate its cost."
        ),
    )
    fields: list[str] = Field(
        default=[],
        description="Names of a benchmark file's fields, one per line: `prompt=question`, `details.level=level`.",
    )
    ignore_fields: OneOrMore[str] = Field(default=[], description="Fields of a benchmark file to ignore.")
    limit: int | None = Field(default=None, ge=1, description="Number of cases, in seeded order; empty: all.")
    level: CaseLevel | None = Field(
        default=None,
        description=(
            "smoke: 5 cases, quick: 50, full: all, in seeded order; goes on from the level before, asks nothing twice."
        ),
    )
    repeats: int = Field(default=1, ge=1, le=10_000, description="Number of times each case is asked.")
    seed: int = Field(
        default=0,
        ge=0,
        le=2**63 - 1,
        description="Random seed. Most servers repeat a text only with one slot (`endpoints probe`).",
    )
    reuse: bool = Field(
        default=False,
        description=(
            "Reuse answers of earlier runs to identical requests; they are marked, and excluded from timing figures."
        ),
    )
    max_failures: str = Field(
        default="10%", description="Server failures allowed for each candidate: a share (10%) or a number of cases."
    )
    fail_under: list[str] = Field(default=[], description="Minimum value of a metric, one per line: `token_f1=0.5`.")
    spread: int = Field(
        default=1, ge=1, le=64, description="Number of worker flow runs to split the run across; 1: not split."
    )
    experiment: str | None = Field(default=None, description="Name of the experiment to which the runs belong.")
    timeout_s: float = Field(
        default=300.0, gt=0, description=("Time limit of one attempt in seconds, excluding model loading.")
    )
    case_timeout_s: float = Field(default=1800.0, gt=0, description="Time limit of all attempts of a case in seconds.")

    @field_validator("options", "fields", mode="before")
    @classmethod
    def _options_may_be_a_mapping(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return [f"{key}={as_word(item)}" for key, item in value.items()]
        return value

    _names_a_model = field_validator("judges", "embedder")(names_a_model)

    @field_validator("prices")
    @classmethod
    def _prices_are_read_or_of_a_block(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.removeprefix(OF_BLOCK).strip():
            return None
        if isinstance(value, str) and not value.startswith(OF_BLOCK):
            raise ValueError(f"{value!r} is neither `{OF_BLOCK}NAME`, a block of prices, nor a table of prices")
        return value

    @field_validator("max_failures", mode="before")
    @classmethod
    def _number_is_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _asks_somebody(self) -> "EvaluationRequest":
        if not self.models and not self.candidates:
            raise ValueError("no model: give at least one of `models` or `candidates` (--model, --candidate)")
        self.failure_budget(1)
        return self

    @model_validator(mode="after")
    def _has_one_number_of_cases(self) -> "EvaluationRequest":
        if self.limit is not None and self.level is not None:
            raise ValueError(
                f"limit {self.limit} and level {self.level!r} both set the number of cases: give one of them "
                "(--limit, --level)"
            )
        return self

    def with_whole_paths(self, folder: Path | None = None) -> Self:
        """Return the request with absolute paths of metrics, and of pipelines and their files."""
        return self.model_copy(
            update={
                "options": options_at(self.options, folder),
                "candidates": [candidate_at(text, folder) for text in self.candidates],
                "metrics": [with_whole_path(text, folder=folder) for text in self.metrics],
            }
        )

    @property
    def case_limit(self) -> int | None:
        """The number of cases to ask, by `limit` or by `level`; None: all."""
        return self.limit if self.level is None else CASES_OF_LEVEL[self.level]

    @field_validator("fields")
    @classmethod
    def _fields_are_mapped(cls, value: list[str]) -> list[str]:
        try:
            read_mapping(value)
        except ConfigurationError as error:
            raise ValueError(error.message) from None
        return value

    def field_mapping(self) -> dict[str, str]:
        """Return the mapping of our field names to those of the benchmark file."""
        return read_mapping(self.fields)

    def all_candidates(self) -> tuple[CandidateRequest, ...]:
        """Return every requested candidate, those of `models` first.

        Raises:
            ConfigurationError: an option that does not exist or has a bad value.
        """
        common = parse_options(self.options)
        plain = [
            CandidateRequest.of_options(name, common, profile=self.profile, system=self.system) for name in self.models
        ]
        if not plain:
            CandidateRequest.of_options("", common)
        return (*plain, *(CandidateRequest.parse(text) for text in self.candidates))

    def refuse_impossible(self) -> None:
        """Refuse options, pipelines, metrics, prices and thresholds that no server could make possible."""
        from evaluation.metrics.parsing import parse_metric

        request = self._without_files() if are_files_elsewhere() else self
        for candidate in request.all_candidates():
            if self.spread > 1 and candidate.pipeline is not None:
                refuse_spread(
                    candidate.pipeline,
                    candidate.pipeline_options,
                    model=candidate.model,
                    candidate=candidate.as_text(),
                )
        for text in self.metrics:
            if not names_a_file(text):
                parse_metric(text, may_name_a_file=False)
        self.thresholds()
        if not isinstance(self.prices, str):
            self.price_table()

    def _without_files(self) -> Self:
        """Return the request without the pipelines that a file decides on."""
        candidates = [text for text in self.candidates if not reads_a_file(text.split())]
        options = [] if reads_a_file(self.options) else self.options
        return self.model_copy(update={"candidates": candidates, "options": options})

    def failure_budget(self, n_cases: int) -> int:
        """Return the number of cases on which the server may fail per candidate."""
        text = self.max_failures.strip()
        if match := re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*%", text):
            if float(match[1]) <= 100:
                return math.floor(float(match[1]) / 100 * n_cases)
        elif re.fullmatch(r"[0-9]{1,18}", text):
            return int(text)
        raise ValueError(f"max_failures {text!r} is neither a share like 10% (up to 100%) nor a whole number of cases")

    def price_table(self) -> PriceTable:
        """Return the price table, empty where no prices are given.

        Raises:
            ConfigurationError: an invalid price, or a block that was not read.
        """
        if isinstance(self.prices, str):
            raise ConfigurationError(f"the prices of {self.prices!r} were not read", "Give a file, or a table.")
        return as_prices(self.prices or {})

    def thresholds(self) -> dict[str, float]:
        """Return the `fail_under` checks by metric.

        Raises:
            ConfigurationError: not of the form METRIC=VALUE.
        """
        limits: dict[str, float] = {}
        for text in self.fail_under:
            name, _, value = text.rpartition("=")
            try:
                limits[name.strip()] = read_number(value)
            except ValueError:
                name = ""
            if not name:
                raise ConfigurationError(
                    f"--fail-under {text!r} is not of the form METRIC=VALUE", "For example --fail-under token_f1=0.5"
                )
        return limits


def read_request(fields: Mapping[str, Any], *, source: str = COMMAND_LINE) -> EvaluationRequest:
    """Return the validated request.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    request = checked_request(EvaluationRequest, fields, source=source)
    try:
        request.all_candidates()
        request.thresholds()
        if not isinstance(request.prices, str):
            request.price_table()
    except ConfigurationError as error:
        if source == COMMAND_LINE:
            raise
        raise ConfigurationError(f"{source}: {error.message}", error.next_step) from None
    return request
