"""A scoreboard as bytes that a later process reads: an npz of plain numbers with a JSON header, never a pickle.

Every shape is checked before anything is computed from it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ModelFileError
from evaluation.records.evidence import Choosable
from evaluation.results.as_json import as_json, from_json
from selection.archives import packed_archive, read_archive, read_array, written_array
from selection.scoreboard import Levels, PairTests, Scoreboard, TaskStanding

WHAT = "the kept scoreboard"
_HEADER = "header.npy"
_NEXT = "It is recomputed from the evidence."
_PER_CANDIDATE = frozenset(
    {
        *("n_measured", "quality", "quality_se", "n_timed", "cost_usd", "cost_se", "energy_j", "energy_se", "n_cached"),
        *("measured", "filled_in", "pulled"),
    }
)
_PER_PAIR = frozenset({"difference", "difference_se", "n_pairs", "p_adjusted", "n_differing"})
_PER_PART = frozenset({"by_part", "n_by_part", "n_answers"})
_N_QUANTILES = 101
_COUNTS = frozenset(
    {"n_measured", "n_pairs", "n_differing", "n_timed", "n_cached", "n_by_part", "n_answers", "n_cases"}
)
_STANDING = tuple(
    stored_field.name for stored_field in fields(TaskStanding) if stored_field.name not in ("levels", "tests")
)
_LEVELS = tuple(stored_field.name for stored_field in fields(Levels))
_TESTS = tuple(stored_field.name for stored_field in fields(PairTests) if stored_field.name != "n_tests")
_ENDS = ("lowest", "highest")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _StandingHeader:
    """A standing without its arrays."""

    task: str
    n_cases: int
    has_cached: bool
    parts: tuple[str, ...] | None
    """None where only expectations are known."""
    are_tasks: bool
    n_tests: int | None
    """None where no tests were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """A scoreboard without its arrays."""

    about: Mapping[str, object]
    """What was written with it."""
    fingerprint: str
    candidates: tuple[Choosable, ...]
    tasks: tuple[str, ...]
    standings: tuple[_StandingHeader, ...]
    """That of each task, and the overall one."""


def written_scoreboard(scoreboard: Scoreboard, about: Mapping[str, object]) -> bytes:
    """Return the scoreboard as bytes, with additional plain JSON."""
    standings = [*scoreboard.standings.values(), scoreboard.overall]
    header = _Header(
        about=about,
        fingerprint=scoreboard.fingerprint,
        candidates=scoreboard.candidates,
        tasks=tuple(scoreboard.standings),
        standings=tuple(map(_header_of, standings)),
    )
    text = np.frombuffer(json.dumps(as_json(header)).encode(), dtype=np.uint8)
    members = {_HEADER: written_array(text)}
    for place, standing in enumerate(standings):
        members |= {f"{place}.{name}.npy": written_array(array) for name, array in _arrays(standing)}
    return packed_archive(members, is_packed=False)


def _header_of(standing: TaskStanding) -> _StandingHeader:
    levels, tests = standing.levels, standing.tests
    return _StandingHeader(
        task=standing.task,
        n_cases=standing.n_cases,
        has_cached=standing.n_cached is not None,
        parts=None if levels is None else levels.parts,
        are_tasks=levels is not None and levels.are_tasks,
        n_tests=None if tests is None else tests.n_tests,
    )


def _arrays(standing: TaskStanding) -> Iterator[tuple[str, Array]]:
    yield "ends", np.array([standing.lowest, standing.highest])
    for whole, prefix, names in (
        (standing, "", _STANDING),
        (standing.levels, "levels.", _LEVELS),
        (standing.tests, "tests.", _TESTS),
    ):
        for name in names:
            value = getattr(whole, name, None)
            if isinstance(value, np.ndarray):
                yield f"{prefix}{name}", value


def read_scoreboard(content: bytes) -> tuple[Scoreboard, Mapping[str, object]]:
    """Return the scoreboard, and the JSON written with it.

    Raises:
        ModelFileError: the bytes hold no scoreboard, or an incomplete one.
    """
    members = read_archive(content, WHAT)
    try:
        header = from_json(_Header, json.loads(read_array(members.pop(_HEADER), WHAT).tobytes()))
        *of_tasks, overall = (
            _standing(standing, members, place, len(header.candidates))
            for place, standing in enumerate(header.standings)
        )
        scoreboard = Scoreboard(
            candidates=header.candidates,
            standings=dict(zip(header.tasks, of_tasks, strict=True)),
            overall=overall,
            fingerprint=header.fingerprint,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelFileError(f"{WHAT} is incomplete: {type(error).__name__}: {error}"[:200], _NEXT) from error
    if members:
        raise ModelFileError(f"{WHAT} holds {min(members)!r:.80}, which is no part of it", _NEXT)
    return scoreboard, header.about


def _standing(header: _StandingHeader, members: dict[str, bytes], place: int, n_candidates: int) -> TaskStanding:
    def taken(name: str, n_parts: int = 0) -> Array:
        member = f"{place}.{name}.npy"
        array = read_array(members.pop(member), f"{WHAT}'s {member!r}", must_be_finite=False)
        _must_fit(array, name.removeprefix("levels.").removeprefix("tests."), n_candidates, n_parts)
        return array

    ends = taken("ends")
    levels = None
    if header.parts is not None:
        names = [name for name in _LEVELS if name not in ("parts", "are_tasks")]
        arrays = {name: taken(f"levels.{name}", len(header.parts)) for name in names}
        levels = Levels(parts=header.parts, are_tasks=header.are_tasks, **arrays)
    tests = None
    if header.n_tests is not None:
        tests = PairTests(n_tests=header.n_tests, **{name: taken(f"tests.{name}") for name in _TESTS})
    names = [name for name in _STANDING if name not in ("task", "n_cases", *_ENDS, "n_cached")]
    return TaskStanding(
        task=header.task,
        n_cases=header.n_cases,
        lowest=float(ends[0]),
        highest=float(ends[1]),
        n_cached=taken("n_cached") if header.has_cached else None,
        levels=levels,
        tests=tests,
        **{name: taken(name) for name in names},
    )


def _must_fit(array: Array, name: str, n_candidates: int, n_parts: int) -> None:
    kind = "i" if name in _COUNTS else "f"
    shape: tuple[int, ...]
    if name in _PER_CANDIDATE:
        shape = (n_candidates,)
    elif name in _PER_PAIR:
        shape = (n_candidates, n_candidates)
    elif name in _PER_PART:
        shape = (n_candidates, n_parts)
    else:
        shape = {"latency_s": (n_candidates, _N_QUANTILES), "n_cases": (n_parts,), "ends": (2,)}[name]
    if array.dtype.kind != kind or array.shape != shape:
        raise ModelFileError(f"{WHAT} holds {name!r} of type {array.dtype} and shape {array.shape}", _NEXT)
