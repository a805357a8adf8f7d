"""Analysis of a probe round: which of the requests sent at once were served at once, and which had to wait.

With `n` slots, the request after the n-th begins when the first one ends: it waits for at least the time from its
arrival to that first end, its *room*. A request that found a free slot waits for almost no time. Comparing a wait with
its room therefore needs no knowledge of how long an answer takes, nor of how a server divides itself among several.

The wait is taken from the server's own durations; if it reports none, from the first token, and if all tokens arrive
together, from the end of the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from evaluation.generation import Timing

BEGAN_AT_ONCE = 0.35
HAD_TO_WAIT = 0.65
"""Share of the room above which a request had to wait; between `BEGAN_AT_ONCE` and this, the result is unclear."""
LEAST_ROOM = 0.3
"""A request that arrives later than this share before the first end provides no evidence."""
STREAMS = 0.7
"""Share of an answer's time; an earlier first token shows that the answer is streamed."""


class SlotEvidence(StrEnum):
    """Evidence provided by a round."""

    ALL_AT_ONCE = "all at once"
    SOME_WAITED = "some waited"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRound:
    """Requests sent at once, with their outcomes."""

    n_sent: int
    n_at_once: int
    """Largest number of requests observed in service together."""
    seen: SlotEvidence
    seconds: float
    """Time from the first sending to the last end."""
    output_tokens: int | None
    n_tokens: int
    """Tokens requested of each answer."""
    n_failed: int = 0
    """Requests without an answer; a round with any such request never shows that all were served at once."""

    @property
    def requests_per_s(self) -> float:
        """Requests served per second over the whole round."""
        return self.n_sent / self.seconds

    @property
    def server_tokens_per_s(self) -> float | None:
        """Tokens per second of all answers together; None where the server does not count its tokens."""
        return self.output_tokens / self.seconds if self.output_tokens else None


def read_round(
    timings: Sequence[Timing],
    *,
    n_tokens: int,
    n_refused: int = 0,
    n_failed: int = 0,
    output_tokens: int | None = None,
) -> ProbeRound:
    """Evaluate the answers to requests that were sent at once.

    Args:
        timings: Timings of the answers, each from the common time of sending.
        n_tokens: Number of tokens asked of each answer.
        n_refused: Requests for which a full queue had no place: they had to wait too.
        n_failed: Requests that failed, and may have left their slots to others.
        output_tokens: Total of all answers; None: not counted.
    """
    shares = _waits_by_room(timings)
    n_at_once = sum(share is not None and share < BEGAN_AT_ONCE for share in shares)
    has_waited = any(share is not None and share > HAD_TO_WAIT for share in shares) or n_refused > 0
    seen = SlotEvidence.ALL_AT_ONCE if n_at_once == len(shares) and not n_failed else SlotEvidence.UNCLEAR
    return ProbeRound(
        n_sent=len(timings) + n_refused + n_failed,
        n_at_once=max(1, n_at_once),
        seen=SlotEvidence.SOME_WAITED if has_waited else seen,
        seconds=max(timing.total_s for timing in timings),
        output_tokens=output_tokens,
        n_tokens=n_tokens,
        n_failed=n_failed,
    )


def _waits_by_room(timings: Sequence[Timing]) -> list[float | None]:
    """Return each request's wait as a share of the time that it could have waited; None where this shows nothing."""
    first = min(timings, key=lambda timing: timing.total_s)
    streams = first.ttft_s is not None and first.ttft_s < STREAMS * first.total_s
    waits = _spans_by_server_durations(timings) or _spans_by_answer_times(timings, streams=streams)
    shares: list[float | None] = []
    for timing, (wait_s, arrived_s) in zip(timings, waits, strict=True):
        room_s = first.total_s - arrived_s
        if streams and timing.ttft_s is not None and timing.ttft_s > first.total_s:
            shares.append(1.0)  # began after another's end, whatever durations the server claims
        elif room_s < LEAST_ROOM * first.total_s or (timing.load_s or 0.0) > LEAST_ROOM * (_server_s(timing) or 1.0):
            shares.append(None)  # it came late, or the model was loaded again
        else:
            shares.append(wait_s / room_s)
    return shares


def _spans_by_server_durations(timings: Sequence[Timing]) -> list[tuple[float, float]] | None:
    """Return wait and arrival of each request by the server's durations; None where it gives no credible ones."""
    spans = [_server_s(timing) for timing in timings]
    if not all(spans):
        return None
    timed = [(timing, span or 0.0) for timing, span in zip(timings, spans, strict=True)]
    # A server that plays recorded time faster than it passes reports more seconds than went by.
    scale = min(1.0, *(timing.total_s / span for timing, span in timed))
    told = [(scale * (timing.queue_s or 0.0), timing.total_s - scale * span) for timing, span in timed]
    # Between its arrival and its end a request is in the server's hands: else the durations are not about this time.
    believable = sum(late_s < timing.total_s / 2 for (_, late_s), timing in zip(told, timings, strict=True))
    return told if 2 * believable > len(timings) else None


def _server_s(timing: Timing) -> float | None:
    """Return how many seconds the request spent in the server, as the server reports it."""
    served_s = (timing.prompt_s or 0.0) + (timing.generate_s or 0.0)
    return (timing.queue_s or 0.0) + (timing.load_s or 0.0) + served_s if served_s > 0 else None


def _spans_by_answer_times(timings: Sequence[Timing], *, streams: bool) -> list[tuple[float, float]]:
    """Return the wait of each request relative to the one that waited least.

    By first tokens where they can be seen, else by the ends of answers.
    """
    moments = [timing.ttft_s if streams and timing.ttft_s is not None else timing.total_s for timing in timings]
    return [(moment - min(moments), 0.0) for moment in moments]
