"""Repeated requests: several servers are asked the same cases twice, to compare their answers later.

Servers with several slots are asked a third time, beside other requests: answers of one batch influence each other, so
a server that repeats itself alone need not do so in use.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.case import Case, Message
from evaluation.errors import CandidateFailureError, TransientProviderError
from evaluation.fingerprint import derived_seed
from evaluation.gather import gather_or_cancel
from evaluation.generation import Failure, Generation, GenerationRequest, Outcome
from evaluation.options import load_options
from evaluation.providers.provider import Provider
from evaluation.retry_schedule import RETRIES, retry

N_TIMES = 2
LOAD_TIMEOUT_S = 900.0


@dataclass(frozen=True, kw_only=True)
class AskedServer:
    """One server under test, open on this event loop."""

    endpoint: str
    provider: Provider
    model: str
    """Name of the model on this server."""
    options: Mapping[str, Any]
    """Options sent, except the seed."""
    think: bool | str | None = None
    slots: int = 1
    """Concurrent requests in the third round; 1 if there is no such round."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A case with its messages."""

    case: Case
    messages: tuple[Message, ...]


Answers = tuple[tuple[Outcome, ...], ...]
"""Answers to each question in order, one for each round."""


async def ask_everyone_twice(
    parties: Sequence[AskedServer],
    questions: Sequence[Question],
    *,
    seed: int = 0,
    timeout_s: float = 300.0,
    on_answer: Callable[[], None] = lambda: None,
) -> tuple[Answers, ...]:
    """Ask each party every question twice and return the answers in order, shape (n_parties, n_questions, 2).

    Nothing is stored. Parties are asked side by side, each one question at a time, since answers of one batch influence
    each other. The second time comes after all questions were asked once, so that a prompt cache is in a similar state
    both times.

    Args:
        parties: Whom to ask.
        questions: What to ask.
        seed: The run's seed, from which each case derives its own, the same for all parties and both times.
        timeout_s: For one attempt.
        on_answer: Called after each answer.

    Raises:
        ProviderError: a server refuses; asking again would not help.
    """
    asking = (_twice(party, questions, seed=seed, timeout_s=timeout_s, on_answer=on_answer) for party in parties)
    return tuple(await gather_or_cancel(asking))


async def ask_everyone_at_once(
    parties: Sequence[AskedServer],
    questions: Sequence[Question],
    *,
    seed: int = 0,
    timeout_s: float = 300.0,
    on_answer: Callable[[], None] = lambda: None,
) -> tuple[tuple[Outcome, ...] | None, ...]:
    """Send each party as many questions at once as it has slots; return its answers, None for a single slot.

    The arguments are those of `ask_everyone_twice`, which comes first: it loads the models.

    Raises:
        ProviderError: a server refuses; asking again would not help.
    """
    asking = (_at_once(party, questions, seed=seed, timeout_s=timeout_s, on_answer=on_answer) for party in parties)
    return tuple(await gather_or_cancel(asking))


async def _at_once(
    party: AskedServer, questions: Sequence[Question], *, seed: int, timeout_s: float, on_answer: Callable[[], None]
) -> tuple[Outcome, ...] | None:
    if party.slots == 1:
        return None
    requests = [_request(party, question, seed=seed, timeout_s=timeout_s) for question in questions]
    outcomes: list[Outcome] = []
    for start in range(0, len(requests), party.slots):
        batch = requests[start : start + party.slots]
        outcomes += await gather_or_cancel(_outcome(party.provider, request) for request in batch)
        for _ in batch:
            on_answer()
    return tuple(outcomes)


async def _twice(
    party: AskedServer, questions: Sequence[Question], *, seed: int, timeout_s: float, on_answer: Callable[[], None]
) -> Answers:
    requests = [_request(party, question, seed=seed, timeout_s=timeout_s) for question in questions]
    keep_alive = requests[0].keep_alive
    options = load_options(party.options)
    await retry(
        lambda: party.provider.load(party.model, options, keep_alive=keep_alive, timeout_s=LOAD_TIMEOUT_S), RETRIES
    )
    times: list[list[Outcome]] = []
    for _ in range(N_TIMES):
        outcomes: list[Outcome] = []
        for request in requests:
            outcomes.append(await _outcome(party.provider, request))
            on_answer()
        times.append(outcomes)
    return tuple(zip(*times, strict=True))


def _request(party: AskedServer, question: Question, *, seed: int, timeout_s: float) -> GenerationRequest:
    return GenerationRequest(
        model=party.model,
        messages=question.messages,
        options={**party.options, "seed": derived_seed(seed, question.case.case_id, 0)},
        think=party.think,
        timeout_s=timeout_s,
    )


async def _outcome(provider: Provider, request: GenerationRequest) -> Outcome:
    try:
        return await retry(lambda: provider.generate(request), RETRIES)
    except CandidateFailureError as error:
        return Generation(text=error.text, answer="", own_failure=error.kind, message=error.message)
    except TransientProviderError as error:
        return Failure(kind=error.kind, message=error.message)
