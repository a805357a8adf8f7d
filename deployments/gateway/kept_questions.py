"""What is kept of a call's question where texts may be stored: its last message, and what stood around that."""

import json
from collections.abc import Iterator

from evaluation.chat_protocols.calls import ChatCall, Turn
from evaluation.formatting import counted
from evaluation.records.question_context import MOST_KEPT_CHARACTERS, QuestionContext, SaidTurn


def context_of(call: ChatCall) -> QuestionContext | None:
    """Return what stood around the last message of the user; None: nothing did."""
    turns = tuple(SaidTurn(role=turn.role, text=" ".join(_parts(turn))) for turn in call.turns)
    place = max((i for i, turn in enumerate(call.turns) if turn.role == "user"), default=len(turns))
    context = QuestionContext(
        before=turns[:place],
        after=turns[place + 1 :],
        documents=call.fields.documents or (),
        choices=call.fields.choices or (),
    )
    return None if context.is_empty else context.within(MOST_KEPT_CHARACTERS)


def _parts(turn: Turn) -> Iterator[str]:
    """Yield what a message says, as texts: images by their number, functions as calls."""
    if turn.text:
        yield turn.text
    if turn.images:
        yield f"[{counted(len(turn.images), 'image')}]"
    for use in turn.tool_uses:
        yield f"[calls {use.name}({json.dumps(dict(use.arguments))})]"
