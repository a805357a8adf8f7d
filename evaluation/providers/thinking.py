"""Which part of a text is the model thinking aloud, and which is its answer?"""

import re

_LEADING = re.compile(r"\s*(?P<opened><think>)?(?P<thought>.*?)</think>\s*", re.DOTALL)
_NEVER_CLOSED = re.compile(r"\A\s*<think>(?P<thought>.*)\Z", re.DOTALL)


def split_thinking(text: str) -> tuple[str, str]:
    """Return the thoughts that stand before the answer, and the answer.

    Taken off the front: `<think>…</think>`, the same without its opening, and a block that never closes. Tags further
    on belong to the answer.
    """
    thoughts: list[str] = []
    at = 0  # a text of nothing but tags is not cut once for each of them
    while match := _LEADING.match(text, at):
        if "<think>" in match["thought"]:
            break
        thoughts.append(match["thought"].strip())
        at = match.end()
    text = text[at:]
    if (match := _NEVER_CLOSED.match(text)) and "</think>" not in match["thought"]:
        thoughts.append(match["thought"].strip())
        text = ""
    return "\n".join(thought for thought in thoughts if thought), text
