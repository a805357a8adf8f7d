"""One prompt through the scheduler to an engine and back: the pieces, the ending, and the time each step took."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

from deployments.embedded.engine import Ending, Job, LoadOptions, Piece, ServedModel
from deployments.embedded.scheduler import Scheduler

_REPEATS_ALLOWED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job with its model."""

    model: ServedModel
    load: LoadOptions
    job: Job
    keep_alive_s: float | None = None
    wants_context: bool = False
    """Whether the ending has to carry the token ids of prompt and answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Last item of an answer; durations in nanoseconds."""

    ending: Ending
    total_ns: int
    load_ns: int
    context: tuple[int, ...] = ()

    @property
    def metrics(self) -> dict[str, Any]:
        """Counts and durations of the final record; zeros are omitted, as in Go."""
        values = {
            "total_duration": self.total_ns,
            "load_duration": self.load_ns,
            "prompt_eval_count": self.ending.prompt_tokens,
            "prompt_eval_duration": self.ending.prompt_ns,
            "eval_count": self.ending.output_tokens,
            "eval_duration": self.ending.output_ns,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(slots=True)
class Collected:
    """A whole answer. `finished` stays None where it was stopped because of a repeating token."""

    text: str = ""
    logprobs: list[Mapping[str, Any]] = field(default_factory=list)
    finished: Finished | None = None


async def answered(scheduler: Scheduler, work: Work, started_ns: int) -> AsyncGenerator[Piece | Finished, None]:
    """Yield the pieces, then one `Finished`.

    Without it the answer was stopped: one token more than 30 times in a row.

    Raises:
        WireError: the model cannot be loaded, or the engine refuses the job.
    """
    async with scheduler.use(work.model, work.load, work.keep_alive_s) as loaded:
        load_ns = perf_counter_ns() - started_ns
        async with loaded.slots, aclosing(loaded.engine.answer(work.job)) as parts:
            texts: list[str] = []
            async for part in parts:
                if isinstance(part, Piece):
                    texts.append(part.text)
                    yield part
                    if _repeats_itself(texts):
                        return
                    continue
                ids = await loaded.engine.token_ids(work.job, "".join(texts)) if work.wants_context else []
                total_ns = perf_counter_ns() - started_ns
                yield Finished(ending=part, total_ns=total_ns, load_ns=load_ns, context=tuple(ids))


async def collected(scheduler: Scheduler, work: Work, started_ns: int) -> Collected:
    """Collect the whole answer of `answered`."""
    whole = Collected()
    async with aclosing(answered(scheduler, work, started_ns)) as parts:
        async for part in parts:
            if isinstance(part, Piece):
                whole.text += part.text
                whole.logprobs += part.logprobs
            else:
                whole.finished = part
    return whole


def _repeats_itself(texts: list[str]) -> bool:
    tail = texts[-_REPEATS_ALLOWED - 1 :]
    return len(tail) > _REPEATS_ALLOWED and len({text.strip() for text in tail}) == 1
