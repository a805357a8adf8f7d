"""Does an answer take back what it has chosen, or name another option beside it or instead of it?"""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from evaluation.metrics.choices.claims import is_in_question
from evaluation.metrics.choices.mentions import Mention, is_joined
from evaluation.metrics.extraction import is_denied

RECONSIDERED = re.compile(
    r"(?<!\w)(?:wait|actually|sorry|oops|correction|misread|scratch\sthat|on\ssecond\sthought|hold\son|hmm+|my\s(?:mistake|bad)|"
    r"I\smeant?|no(?=\s?[,!:;—–.])|no\swait|nein|moment|doch|espera|perd[oó]n|attendez|pardon|aspetta|espere)(?!\w)|"
    r"不对|不對|错了|应该是|應該是|いや|違います|아니",
    re.IGNORECASE,
)
"""What begins a correction."""

_DEMONSTRATIVE = r"(?:that|this|it|das|es|eso|ça|cela|ce)"
_WAIT_NO = re.compile(
    r"(?<!\w)(?:(?:wait|hold\son|hmm+|nein|moment|espera|attendez)[,.!…\s—–-]{1,5}(?:no|nein|non)(?=[,.!…\s]*$|[.!])"
    r"|(?:scratch|strike)\sthat[.!]?\s?$)",
    re.IGNORECASE,
)
_NOT_SO = re.compile(
    rf"(?<!\w){_DEMONSTRATIVE}(?:(?:'s|\sis|\swas|\sseems|\sist|\ses|\sest)\s(?:wrong|incorrect|not\s(?:right|correct|it|true|possible)|"
    r"a\smistake|impossible|falsch|incorrecto|faux)"
    r"|\s(?:can't|cannot|can\snot|isn't|wasn't|couldn't)\s?(?:be)?\s?(?:right|correct|it|true)"
    r"|\s(?:doesn't|does\snot)\s(?:work|fit|match|make\ssense|add\sup)"
    r"|\sstimmt\snicht|\sn'est\spas\s(?:correct|juste|vrai)|\sno\ses\s(?:correct[oa]|cierto))"
    r"(?=\s?(?:$|[.!,;:?\n—–-]|because|since|as|for|but))|(?:不对|不對|错了|違います|間違い)(?=[。.!！,，\n]|$)",
    re.IGNORECASE,
)
_ALSO = re.compile(r"(?<!\w)(?:could|might|may|can)\salso\sbe\s(?:an?\s|the\s)?[(\[\"']?$", re.IGNORECASE)
_TOO = re.compile(
    r"[\"')\].]{0,2}\s(?:(?:could|might|may|can|would)\s(?:also|equally)\s|(?:is|are)\s(?:also|equally)\s(?:an?\s)?(?:correct|right|true|"
    r"possible|valid|acceptable|plausible|good)|(?:works|fits)\s(?:too|as\swell))",
    re.IGNORECASE,
)
_SAYS_NO = re.compile(
    r"\W*(?:no|nope|non|nein|n[aã]o|false|incorrect|wrong|untrue|falsch|faux|fals[oa]|nie|нет|否|不是|いいえ|아니[오요])\W*",
    re.IGNORECASE,
)
"""An option that denies: "that's not right" behind it bears it out."""
_NOTHING_BETWEEN = re.compile(
    r"[^.!?;…\n]{0,80}[.!?;,\n…。，、\s—–-]{0,6}(?:(?:hmm+|wait|no|oh|but|well|hold\son|actually|sorry|oops|nein|moment|espera|attendez|等等|いや)"
    r"[,.!…\s—–、，-]{0,4}){0,3}",
    re.IGNORECASE,
)


def is_taken_back(text: str, after: int, index: int, named: Sequence[Mention]) -> bool:
    """Return whether the answer takes its choice, which ends at `after`, back.

    "wait, no", or at once "that's not right".
    """
    if _WAIT_NO.search(text, after):
        return True
    own = next((text[mention.start : mention.end] for mention in named if mention.index == index), "")
    match = None if _SAYS_NO.fullmatch(own) else _NOT_SO.search(text, after)
    if match is None or not _NOTHING_BETWEEN.fullmatch(text, after, match.start()):
        return False
    return not any(after <= mention.start < match.start() and mention.index != index for mention in named)


def is_replaced(text: str, after: int, index: int, named: Sequence[Mention], denied: Collection[int | None]) -> bool:
    """Return whether the answer reconsiders, behind `after`, and then names another option.

    And the chosen one no more.
    """
    match = RECONSIDERED.search(text, after)
    if match is None:
        return False
    later = [
        mention.index
        for mention in named
        if mention.start >= match.start()
        and mention.index not in denied
        and not is_denied(text, mention.start, mention.end)
        and not is_in_question(text, mention.end)
    ]
    return bool(later) and index not in later


def is_one_of_two(
    text: str, start: int, end: int, index: int, named: Sequence[Mention], denied: Collection[int | None]
) -> bool:
    """Return whether the option named between `start` and `end` stands beside another one: "A. Paris or C. Rome"."""
    for here, following in pairwise(named):
        is_here = here.index == index and here.end > start and here.start <= end
        if is_here and following.index not in denied and is_joined(text, here, following):
            return True
    others = (other for other in named if other.start >= end and other.index not in {index, *denied})
    return any(
        _ALSO.search(text[max(0, other.start - 30) : other.start]) or _TOO.match(text, other.end) for other in others
    )
