"""Where the time and the tokens of candidates with pipelines go, as tables of short texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.formatting import counted, joules, percent, quantity
from evaluation.generation import TIME_TO_FIRST
from evaluation.outcome_fields import SECONDS
from evaluation.results.runs import CandidateResult, RunResult
from evaluation.results.stages import StageTotal
from evaluation.run_results.ranking import ranked

TITLE = "Where time and tokens go"
READING = "Sums over all cases. Stages may run side by side, so that a user waits for less than their seconds together."
_PARTS = {name: name.replace("_s", " s") for name in SECONDS if name not in (SECONDS[0], TIME_TO_FIRST)}
"""Titles of the parts of a stage's seconds."""
_ALL = "all stages"
_NONE = "–"
WORDS = ("model",)
"""Columns of words; all others hold numbers."""
_OF_TIME = ("seconds", "of seconds", *_PARTS.values(), "energy")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTable:
    """The stages of one candidate."""

    label: str
    """Label of the candidate."""
    rows: Sequence[Mapping[str, str]]
    """A row for each stage, in the order in which the pipeline asks them, and one for all of them where it has several.
    """
    remarks: Sequence[str]
    """What the sums leave out."""

    @property
    def tokens(self) -> list[dict[str, str]]:
        """The rows without the columns of time, for pages that are too narrow for all."""
        return [{name: text for name, text in row.items() if name not in _OF_TIME} for row in self.rows]

    @property
    def seconds(self) -> list[dict[str, str]]:
        """The stages with the columns of time alone."""
        return [{name: text for name, text in row.items() if name in ("stage", *_OF_TIME)} for row in self.rows]


def stage_tables(run: RunResult) -> list[StageTable]:
    """Return a table for each candidate with a pipeline, in the order of the results."""
    return [
        StageTable(label=candidate.label, rows=_rows(candidate), remarks=_remarks(candidate.stages))
        for candidate in ranked(run)
        if candidate.stages
    ]


def stage_name(stage: StageTotal) -> str:
    """Return the stage's name with how many a case has: `reduce`, `map ×20`, `map ×3–20`."""
    if stage.most_per_case == 1:
        return stage.stage
    least = "" if stage.least_per_case == stage.most_per_case else f"{stage.least_per_case:,}–"
    return f"{stage.stage} ×{least}{stage.most_per_case:,}"


def _rows(candidate: CandidateResult) -> list[dict[str, str]]:
    stages = candidate.stages
    rows = [_row(stage) for stage in stages]
    rows += [_row_of_all(stages)] if len(stages) > 1 else []
    unused = [name for name in (*_PARTS.values(), "energy") if all(row[name] == _NONE for row in rows)]
    unused += [] if {stage.model for stage in stages} - {None, candidate.model} else ["model"]
    return [{name: text for name, text in row.items() if name not in unused} for row in rows]


def _row(stage: StageTotal) -> dict[str, str]:
    shares = stage.share_of_seconds, stage.share_of_tokens
    return _cells([stage], name=stage_name(stage), model=stage.model, shares=shares)


def _row_of_all(stages: Sequence[StageTotal]) -> dict[str, str]:
    has_seconds = any(stage.share_of_seconds is not None for stage in stages)
    has_tokens = any(stage.share_of_tokens is not None for stage in stages)
    return _cells(stages, name=_ALL, model=None, shares=(1.0 if has_seconds else None, 1.0 if has_tokens else None))


def _cells(
    stages: Sequence[StageTotal], *, name: str, model: str | None, shares: tuple[float | None, float | None]
) -> dict[str, str]:
    of_seconds, of_tokens = (_NONE if share is None else percent(share) for share in shares)
    return {
        "stage": name,
        "model": model or _NONE,
        "requests": f"{sum(stage.n for stage in stages):,}",
        "seconds": _shown([stage.total_s for stage in stages]),
        "of seconds": of_seconds,
        "tokens in": _counted([stage.prompt_tokens for stage in stages]),
        "tokens out": _counted([stage.output_tokens for stage in stages]),
        "of tokens": of_tokens,
        **_further_cells(stages),
    }


def _further_cells(stages: Sequence[StageTotal]) -> dict[str, str]:
    energies = [stage.energy_j for stage in stages if stage.energy_j is not None]
    return {
        **{title: _shown([getattr(stage, name) for stage in stages]) for name, title in _PARTS.items()},
        "energy": joules(sum(energies)) if energies else _NONE,
    }


def _shown(seconds: Sequence[float | None]) -> str:
    measured = [value for value in seconds if value is not None]
    return quantity(sum(measured)) if measured else _NONE


def _counted(tokens: Sequence[int | None]) -> str:
    reported = [value for value in tokens if value is not None]
    return f"{sum(reported):,}" if reported else _NONE


def _remarks(stages: Sequence[StageTotal]) -> list[str]:
    """Return a line for each stage and figure that is not known of all of its requests."""
    is_energy_known = any(stage.energy_j is not None for stage in stages)
    lines = []
    for stage in stages:
        if stage.n_reused:
            lines.append(f"{stage.stage}: {_of_all(stage.n_reused, stage)} reused, which count with their tokens alone")
        if stage.n_shared:
            shared = _of_all(stage.n_shared, stage)
            lines.append(f"{stage.stage}: {shared} embedded before for another case, which count with that request")
        if stage.n_without_tokens:
            lines.append(f"{stage.stage}: {_of_all(stage.n_without_tokens, stage)} without a known number of tokens")
        if is_energy_known and stage.n_without_energy:
            lines.append(f"{stage.stage}: {_of_all(stage.n_without_energy, stage)} without a measured energy")
    return lines


def _of_all(n: int, stage: StageTotal) -> str:
    return f"{n:,} of {counted(stage.n, 'request')}"
