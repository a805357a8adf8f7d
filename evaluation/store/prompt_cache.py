"""Prompt cache hits of a server, inferred from the tokens kept, tokens read and seconds that it reports.

Servers keep the state computed for a prompt, so that the same prompt costs almost nothing the second time. Ollama up to
0.33 counts such a prompt in full and is merely faster with it; before July 2024 it left out the tokens that it had
kept; newer versions, llama.cpp, vLLM and OpenAI report how many those were. All are compared with the time that reading
a prompt of that length usually takes, measured on prompts that were sent for the first time.

A short prompt, or one that differs from all others only at its end, is read so fast that a cache hit saves a third or a
half, as chance alone may do. Such answers are judged together, all of a candidate's: if they are faster as a whole than
those to the same prompts when these were new, it stays unknown what was kept.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log2
from statistics import median

from evaluation.generation import PromptState

READ = ("prompt_tokens", "cached_tokens", "prompt_s")
"""Fields on reading a prompt that servers report, both of an answer and of `PromptReading`."""
SMALL_PART = 0.25
"""Share of the usual cost of a prompt's length below which the prompt was not read again. A server keeps nearly all
of a prompt sent before; the beginning shared with every other prompt is not part of the usual cost.
"""
MOST_PART = 0.8
"""Share of a prompt's cost when it was new. At a lower cost now, a part may have been kept."""
LEAST_SAVED = 0.01
"""Least saving in seconds that indicates a cache, however precise the measurement."""
BY_CHANCE = 0.05
"""Accepted rate of fully read prompts that are mistaken for partly kept ones."""
FEW = 6
"""Number of prompts below which chance cannot be judged."""
LAST_TOKENS = 2
"""Tokens at the end that are read again even if the prompt is completely cached."""
KEPT_FOR_S = 12 * 3600.0
"""Longest time for which a server that reports nothing may have kept a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReading:
    """One answer's prompt, sent to one model at one server."""

    server: str
    """The loaded model that it was sent to: one that is loaded again has kept nothing."""
    profile: str
    """Key of the prompts that share a beginning with it."""
    case_id: str
    """Equal for all that ask the same case."""
    sent_at_s: float
    """Sending time on any clock common to all readings."""
    prompt_tokens: int | None
    cached_tokens: int | None
    prompt_s: float | None
    candidate: str = ""
    """Candidate of the answer. What timing cannot show for one prompt is judged for all prompts of a candidate."""


def judge_readings(readings: Sequence[PromptReading]) -> list[PromptState]:
    """Return the state of each prompt, in the order of `readings`, which all belong to the same weights."""
    states: list[PromptState] = [PromptState.FRESH] * len(readings)
    order = sorted(range(len(readings)), key=lambda i: (readings[i].server, readings[i].sent_at_s))
    for _, of_server in groupby(order, key=lambda i: readings[i].server):
        places = list(of_server)
        judged = _Judge([readings[i] for i in places]).states()
        for i, state in zip(places, judged, strict=True):
            states[i] = state
    return states


class _Judge:
    """Judges the readings of one server, earliest first."""

    def __init__(self, readings: Sequence[PromptReading]) -> None:
        self._readings = readings
        self._length: dict[tuple[str, str], int] = {}
        for reading in readings:
            if reading.prompt_tokens:
                key = reading.profile, reading.case_id
                self._length[key] = max(reading.prompt_tokens, self._length.get(key, 0))
        self._counts_kept_tokens = any(reading.cached_tokens is not None for reading in readings)
        self._sent_before: list[float | None] = list(self._times_before())
        self._first_tokens = self._when_new([self._tokens_read(reading) for reading in readings])
        self._first_s = self._when_new([reading.prompt_s for reading in readings])
        self._usual_tokens = self._usual([self._tokens_read(reading) for reading in readings])
        self._usual_s = self._usual([reading.prompt_s for reading in readings])

    def _times_before(self) -> Iterator[float | None]:
        """Yield when each prompt was last sent before; None: never.

        Profiles share the end of a prompt, or its beginning.
        """
        last: dict[str, float] = {}
        for reading in self._readings:
            yield last.get(reading.case_id)
            last[reading.case_id] = reading.sent_at_s

    def _when_new(self, amounts: Sequence[float | None]) -> dict[tuple[str, str], float]:
        """Return what each prompt took when it was first sent, by profile and case."""
        return {
            (reading.profile, reading.case_id): amount
            for reading, amount, before in zip(self._readings, amounts, self._sent_before, strict=True)
            if before is None and amount is not None
        }

    def _usual(self, amounts: Sequence[float | None]) -> dict[tuple[str, int], float]:
        """Return the median per token of prompts sent for the first time, by profile and magnitude of the length."""
        rows = list(zip(self._readings, amounts, self._sent_before, strict=True))
        profiles_with_first = {
            reading.profile for reading, amount, before in rows if before is None and amount is not None
        }
        amounts_per_token: dict[tuple[str, int], list[float]] = {}
        for reading, amount, before in rows:
            is_first = before is None or reading.profile not in profiles_with_first
            if amount is not None and is_first:
                length = self._length_of(reading)
                amounts_per_token.setdefault((reading.profile, _magnitude(length)), []).append(amount / length)
        return {key: median(values) for key, values in amounts_per_token.items()}

    def _usual_of(self, reading: PromptReading, usual: Mapping[tuple[str, int], float], length: int) -> float:
        """Return what a prompt of that length usually takes, by prompts of its or the nearest known magnitude."""
        magnitudes = [magnitude for profile, magnitude in usual if profile == reading.profile]
        if not magnitudes:
            return 0.0
        own_magnitude = _magnitude(length)
        return (
            usual[reading.profile, min(magnitudes, key=lambda magnitude: (abs(magnitude - own_magnitude), magnitude))]
            * length
        )

    def _length_of(self, reading: PromptReading) -> int:
        return self._length.get((reading.profile, reading.case_id), 1)

    def _tokens_read(self, reading: PromptReading) -> float | None:
        """Return how many tokens of the prompt the server read; None where it is not known.

        A server that counts cached tokens may leave out a zero.
        """
        if reading.prompt_tokens is None or not self._counts_kept_tokens:
            return None
        return float(max(0, reading.prompt_tokens - (reading.cached_tokens or 0)))

    def states(self) -> list[PromptState]:
        """Return the states in the order of the readings."""
        prompt_states = [
            self._state(reading, before) for reading, before in zip(self._readings, self._sent_before, strict=True)
        ]
        sooner = self._candidates_answered_sooner(prompt_states)
        return [
            PromptState.UNKNOWN if state is None and reading.candidate in sooner else state or PromptState.FRESH
            for reading, state in zip(self._readings, prompt_states, strict=True)
        ]

    def _candidates_answered_sooner(self, states: Sequence[PromptState | None]) -> set[str]:
        """Return the candidates whose prompts of unclear state took less time together than when they were new."""
        parts: dict[str, list[float]] = {}
        for reading, state in zip(self._readings, states, strict=True):
            if state is None and reading.prompt_s:
                usual = self._usual_of(reading, self._usual_s, self._length_of(reading))
                when_new = self._first_s.get((reading.profile, reading.case_id), usual)
                parts.setdefault(reading.candidate, []).extend([reading.prompt_s / when_new] if when_new > 0 else [])
        return {candidate for candidate, of_candidate in parts.items() if _is_less_than_all(of_candidate)}

    def _state(self, reading: PromptReading, before: float | None) -> PromptState | None:
        """Return the state of a prompt.

        None: it was sent before, not long ago, and its own time does not tell what was cached.
        """
        if (n_read := self._tokens_read(reading)) is not None:
            return self._state_by_tokens(reading, n_read, was_sent=before is not None)
        if before is None:
            return PromptState.FRESH
        is_recent = reading.sent_at_s - before < KEPT_FOR_S
        length = self._length_of(reading)
        is_length_known = (reading.profile, reading.case_id) in self._length
        if reading.prompt_s is None or (reading.prompt_s == 0 and not is_length_known):
            return PromptState.UNKNOWN if is_recent else PromptState.FRESH
        if (reading.prompt_tokens or 0) < length / 2 and length > 1:
            return PromptState.CACHED  # an old server counts what it read alone
        if reading.prompt_s < SMALL_PART * self._usual_of(reading, self._usual_s, length):
            return PromptState.CACHED
        return None if is_recent else PromptState.FRESH

    def _state_by_tokens(self, reading: PromptReading, n_read: float, *, was_sent: bool) -> PromptState:
        length = self._length_of(reading)
        usual = self._usual_of(reading, self._usual_tokens, length)
        if n_read <= LAST_TOKENS < length / 4 or n_read < SMALL_PART * usual:
            return PromptState.CACHED
        when_new = self._first_tokens.get((reading.profile, reading.case_id), usual)
        return PromptState.UNKNOWN if was_sent and n_read < MOST_PART * min(when_new, usual) else PromptState.FRESH


def _is_less_than_all(parts: Sequence[float]) -> bool:
    """Return True where these ratios are below 1 as a whole.

    By Student's one-sided t-test on their logs; by their median where they are few.
    """
    if len(parts) < FEW:
        return bool(parts) and median(parts) < MOST_PART
    logs = [math.log(part) for part in parts]
    n, mean = len(logs), math.fsum(logs) / len(logs)
    if mean > math.log1p(-LEAST_SAVED):
        return False
    se = math.sqrt(math.fsum((value - mean) ** 2 for value in logs) / (n - 1) / n)
    if se == 0:
        return True
    from scipy.special import stdtr

    return float(stdtr(n - 1, mean / se)) < BY_CHANCE


def _magnitude(length: int) -> int:
    return int(log2(max(1, length)))
