"""Which prompts had a server read before? Judged from what it says of each: tokens kept, tokens read, seconds.

Servers keep what they made of a prompt, so that the same prompt costs them next to nothing the second time. Ollama up
to 0.33 counts such a prompt in full and is merely quick with it; before July 2024 it left the tokens out that it had
kept; newer ones, llama.cpp, vLLM and OpenAI say how many those were. All are held against what reading a prompt of
that length usually takes, of those that were sent for the first time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log2
from statistics import median

from evaluation.generation import PromptState

SMALL_PART = 0.25
"""A prompt that took less than this of what its length usually takes was not read again. What is kept of a prompt that
was sent before is nearly all of it; what it shares with every other prompt is missing from the usual already."""
LAST_TOKENS = 2
"""So few are read again of a prompt that is known to its end."""
KEPT_FOR_S = 12 * 3600.0
"""How long a server that says nothing may have kept a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReading:
    """One answer's prompt, sent to one model at one server."""

    server: str
    profile: str
    """What its prompts share with one another."""
    case_id: str
    sent_at_s: float
    """On any clock that all readings share."""
    prompt_tokens: int | None
    cached_tokens: int | None
    prompt_s: float | None


def judge_readings(readings: Sequence[PromptReading]) -> list[PromptState]:
    """The state of each prompt, in the order of `readings`, which are all of one model's weights."""
    states: list[PromptState] = [PromptState.FRESH] * len(readings)
    order = sorted(range(len(readings)), key=lambda i: (readings[i].server, readings[i].sent_at_s))
    for _, of_server in groupby(order, key=lambda i: readings[i].server):
        places = list(of_server)
        judged = _Judge([readings[i] for i in places]).states()
        for i, state in zip(places, judged, strict=True):
            states[i] = state
    return states


class _Judge:
    """Readings of one server, the earliest first."""

    def __init__(self, readings: Sequence[PromptReading]) -> None:
        self._readings = readings
        self._length: dict[tuple[str, str], int] = {}
        for one in readings:
            if one.prompt_tokens:
                key = one.profile, one.case_id
                self._length[key] = max(one.prompt_tokens, self._length.get(key, 0))
        self._sent_before: list[float | None] = list(self._times_before())
        self._usual_tokens = self._usual([self._tokens_read(one) for one in readings])
        self._usual_s = self._usual([one.prompt_s for one in readings])

    def _times_before(self) -> Iterator[float | None]:
        """When each prompt was last sent before; None: never. Profiles share the end of a prompt, or its beginning."""
        last: dict[str, float] = {}
        for one in self._readings:
            yield last.get(one.case_id)
            last[one.case_id] = one.sent_at_s

    def _usual(self, amounts: Sequence[float | None]) -> dict[tuple[str, int], float]:
        """The median for one token, by profile and magnitude of the length; of prompts sent for the first time."""
        rows = list(zip(self._readings, amounts, self._sent_before, strict=True))
        profiles_with_first = {one.profile for one, amount, before in rows if before is None and amount is not None}
        found: dict[tuple[str, int], list[float]] = {}
        for one, amount, before in rows:
            is_first = before is None or one.profile not in profiles_with_first
            if amount is not None and is_first:
                length = self._length_of(one)
                found.setdefault((one.profile, _magnitude(length)), []).append(amount / length)
        return {key: median(values) for key, values in found.items()}

    def _usual_of(self, one: PromptReading, usual: Mapping[tuple[str, int], float], length: int) -> float:
        """What a prompt of that length takes, by those of its magnitude or of the nearest one that is known."""
        known = [magnitude for profile, magnitude in usual if profile == one.profile]
        if not known:
            return 0.0
        wanted = _magnitude(length)
        return usual[one.profile, min(known, key=lambda magnitude: (abs(magnitude - wanted), magnitude))] * length

    def _length_of(self, one: PromptReading) -> int:
        return self._length.get((one.profile, one.case_id), 1)

    @staticmethod
    def _tokens_read(one: PromptReading) -> float | None:
        if one.prompt_tokens is None or one.cached_tokens is None:
            return None
        return float(max(0, one.prompt_tokens - one.cached_tokens))

    def states(self) -> Iterator[PromptState]:
        for one, before in zip(self._readings, self._sent_before, strict=True):
            yield self._state(one, before)

    def _state(self, one: PromptReading, before: float | None) -> PromptState:
        length = self._length_of(one)
        if (n_read := self._tokens_read(one)) is not None:
            is_known_to_its_end = n_read <= LAST_TOKENS < length / 4
            return _cached_if(
                is_known_to_its_end or n_read < SMALL_PART * self._usual_of(one, self._usual_tokens, length)
            )
        if before is None:
            return PromptState.FRESH
        is_length_known = (one.profile, one.case_id) in self._length
        if one.prompt_s is None or (one.prompt_s == 0 and not is_length_known):
            return PromptState.UNKNOWN if one.sent_at_s - before < KEPT_FOR_S else PromptState.FRESH
        if (one.prompt_tokens or 0) < length / 2 and length > 1:
            return PromptState.CACHED  # an old server counts what it read alone
        return _cached_if(one.prompt_s < SMALL_PART * self._usual_of(one, self._usual_s, length))


def _cached_if(is_cached: bool) -> PromptState:
    return PromptState.CACHED if is_cached else PromptState.FRESH


def _magnitude(length: int) -> int:
    return int(log2(max(1, length)))
