"""A call as a candidate was measured: with its options, system prompt, template, examples and think mode."""

from dataclasses import replace

from evaluation.candidate import Candidate
from evaluation.case import Message
from evaluation.chat_protocols.calls import ChatCall, Turn
from evaluation.errors import ConfigurationError

_MODELS_OWN = "model"
"""Value of an option that keeps the model's own setting."""


def as_measured(call: ChatCall, candidate: Candidate) -> ChatCall:
    """Return the call for a candidate, so that what was measured is what is served.

    The candidate's options and think mode replace the client's; what the candidate leaves open stays the client's. A
    prompt that is longer than the context is refused, as in an evaluation.

    Raises:
        ConfigurationError: there is no message besides those of the system.
    """
    options = {**call.options, **candidate.options}
    return replace(
        call,
        model=candidate.model,
        turns=_wrapped(call.turns, candidate),
        options={name: value for name, value in options.items() if value != _MODELS_OWN},
        think=call.think if candidate.think is None else candidate.think,
        refuses_overlong=True,
    )


def _wrapped(turns: tuple[Turn, ...], candidate: Candidate) -> tuple[Turn, ...]:
    rest = [turn for turn in turns if turn.role != "system"]
    if not any(turn.text.strip() or turn.images for turn in rest):
        raise ConfigurationError("the request holds no prompt", "Give at least one message of the user.")
    messages = candidate.profile.wrap(tuple(Message(role=turn.role, content=turn.text) for turn in turns))
    head = tuple(Turn(role=message.role, text=message.content) for message in messages[: -len(rest)])
    return head + tuple(
        replace(turn, text=message.content) for turn, message in zip(rest, messages[-len(rest) :], strict=True)
    )
