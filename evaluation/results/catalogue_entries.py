"""Entries of lists: a metric, a benchmark, a prompt profile, and what a run is marked with. Light to import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from evaluation.candidate import PromptProfile, WorkedExample
from evaluation.case import Benchmark, PromptTemplate
from evaluation.files.field_mapping import FieldUse
from evaluation.records.candidates import BenchmarkRecord
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.frames import ShownInNotebooks, columns_of, frame_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFacts:
    """A candidate that a run asked: a model with its options, profile and pipeline."""

    fingerprint: str
    label: str
    """Name by which policies and recommendations know it; no other candidate has the same."""
    model: str
    digest: str | None
    """Of its weights; None where they were not verified."""
    options: Mapping[str, object]
    profile: str
    think: bool | str | None
    pipeline: str | None
    """The pipeline with all its options; None: the model is asked directly."""
    endpoints: tuple[str, ...]
    """Servers that have it, as far as is known."""
    capabilities: tuple[str, ...]
    memory_bytes: float | None
    """Memory of the loaded model if that was seen, else the size of its file."""
    not_ready: str | None
    """Why it cannot be called now; None if it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFacts:
    """A metric in short."""

    name: str
    family: str
    unit: str
    value_range: tuple[float | None, float | None] = field(metadata=json_key("range"))
    """Lowest and highest value; None where there is no limit."""
    higher_is_better: bool
    needs: tuple[str, ...]
    """What it needs beside the answer: `references`, `judge`, `sandbox`, …"""
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricOption:
    """An option of a metric."""

    name: str
    type: str
    """Its type and default, in words."""
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDetails(ShownInNotebooks):
    """A metric in full."""

    facts: MetricFacts = field(metadata=MERGED)
    formula: str | None
    source: str | None
    """The paper or library that defines it."""
    blind_spots: str | None
    """What it does not capture."""
    chance_level: float | None
    """Value of guessing."""
    repeats_needed: int
    """How often each case must be asked."""
    scorer_version: str
    signature: str | None
    """The metric with its options, as stored with its scores; None if a required option is not given."""
    options: tuple[MetricOption, ...]
    docstring: str
    PAGES: ClassVar[str] = "evaluation.reports.notebook_listings"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per option: `name`, `type` and `meaning` (`string`)."""
        return frame_of(self.options, columns_of(MetricOption))


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkFacts:
    """A benchmark without its cases."""

    name: str
    version: str
    """Hash of its cases, its prompt and its options."""
    task_type: str
    n_cases: int
    headline: str
    """Name of the metric that ranks the candidates."""
    metrics: tuple[str, ...]
    options: Mapping[str, object]
    """Options sent to the model."""
    prompt: PromptTemplate | None = None
    """None in a list, where the benchmark is a stored one."""
    description: str
    criteria: str
    """Criteria of a good answer."""
    licence: str
    source: str
    """Path of the file as given, or `standard suite`."""
    format: str
    fields: FieldUse
    saved_at: datetime | None = None
    """None for a suite and for a file."""

    @staticmethod
    def of(benchmark: Benchmark | BenchmarkRecord) -> "BenchmarkFacts":
        """Return the facts of a benchmark, or of the record of a stored one."""
        return BenchmarkFacts(
            name=benchmark.name,
            version=benchmark.version,
            task_type=benchmark.task_type,
            n_cases=benchmark.n_cases if isinstance(benchmark, BenchmarkRecord) else len(benchmark.cases),
            headline=benchmark.headline,
            metrics=tuple(benchmark.metrics),
            options=dict(benchmark.options),
            prompt=None if isinstance(benchmark, BenchmarkRecord) else benchmark.prompt,
            description=benchmark.description,
            criteria=benchmark.criteria,
            licence=benchmark.licence,
            source=benchmark.source,
            format=benchmark.format,
            fields=benchmark.fields,
            saved_at=benchmark.saved_at if isinstance(benchmark, BenchmarkRecord) else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """A prompt profile."""

    name: str
    system: str | None
    template: str
    """Text around the prompt, which stands for `{prompt}`."""
    examples: tuple[WorkedExample, ...]
    hash: str
    """Identity of all but its name."""
    source: str
    """`standard` or `stored`."""

    @staticmethod
    def of(profile: PromptProfile, *, source: str) -> "ProfileFacts":
        """Return the facts of a profile."""
        return ProfileFacts(
            name=profile.name,
            system=profile.system,
            template=profile.template,
            examples=profile.examples,
            hash=profile.hash,
            source=source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedRun:
    """What a run is marked with."""

    run_id: str
    tags: tuple[str, ...]
    favourite: bool
