"""Settlement: whether an answer's claims agree on one option that nothing else in it contradicts or retracts."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.choice import FLEXIBLE, NONE, SEVERAL, Choice
from evaluation.metrics.choices.claims import Claim, is_in_question, option_index
from evaluation.metrics.choices.mentions import Mention, is_joined, mentions
from evaluation.metrics.label_extraction import is_denied

RECONSIDERED = re.compile(
    r"(?<!\w)(?:wait|actually|sorry|oops|correction|misread|scratch\sthat|on\ssecond\sthought|hold\son|hmm+|my\s(?:mistake|bad)|"
    r"I\smeant?|no(?=\s?[,!:;—–.])|no\swait|nein|moment|doch|espera|perd[oó]n|attendez|pardon|aspetta|espere)(?!\w)|"
    r"不对|不對|错了|应该是|應該是|いや|違います|아니",
    re.IGNORECASE,
)
"""Phrases that start a correction."""
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
"""An option that is itself a denial, so that a following "that's not right" confirms it."""
_NOTHING_BETWEEN = re.compile(
    r"[^.!?;…\n]{0,80}[.!?;,\n…。，、\s—–-]{0,6}(?:(?:hmm+|wait|no|oh|but|well|hold\son|actually|sorry|oops|nein|moment|espera|attendez|等等|いや)"
    r"[,.!…\s—–、，-]{0,4}){0,3}",
    re.IGNORECASE,
)


def is_taken_back(text: str, after: int, index: int, named: Sequence[Mention]) -> bool:
    """Check whether the answer retracts its choice, which ends at `after`: "wait, no", or at once "not right"."""
    if _WAIT_NO.search(text, after):
        return True
    own = next((text[mention.start : mention.end] for mention in named if mention.index == index), "")
    match = None if _SAYS_NO.fullmatch(own) else _NOT_SO.search(text, after)
    if match is None or not _NOTHING_BETWEEN.fullmatch(text, after, match.start()):
        return False
    return not any(after <= mention.start < match.start() and mention.index != index for mention in named)


def is_replaced(text: str, after: int, index: int, named: Sequence[Mention], denied: Collection[int | None]) -> bool:
    """Check whether the answer reconsiders after `after`, then names another option and the chosen one no more."""
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
    """Check whether the option between `start` and `end` is an alternative to another one: "A. Paris or C. Rome"."""
    for here, following in pairwise(named):
        is_here = here.index == index and here.end > start and here.start <= end
        if is_here and following.index not in denied and is_joined(text, here, following):
            return True
    others = (other for other in named if other.start >= end and other.index not in {index, *denied})
    return any(
        _ALSO.search(text[max(0, other.start - 30) : other.start]) or _TOO.match(text, other.end) for other in others
    )


def claimed(text: str, claims: Sequence[Claim], options: Sequence[str]) -> Choice | None:
    """Return the last assertion, where the others agree with it or it corrects them."""
    asserted = _asserted(claims)
    if not asserted:
        return None
    last = asserted[-1]
    if len(last.options) > 1:
        return SEVERAL
    (index,) = last.options
    others = [claim for claim in asserted if claim.options != last.options]
    if others and (others[-1].is_final or not last.is_final) and not _settles(text, others[-1], last):
        return SEVERAL
    if wording.ALSO_LEADS.match(text, last.start) or _goes_on_with_another(text, last, claims, options):
        return SEVERAL
    if any(index in claim.options for claim in claims if not claim.asserts and claim.start >= last.end):
        return SEVERAL
    too = offered_too(text, last.start, options)
    led = wording.LEADS.match(text)
    is_second = led is not None and option_index(led.group("letter"), options) not in (None, index)
    if too - {index} or (too and (is_second or wording.NOT_ONLY.search(text, 0, last.end))):
        return SEVERAL
    if names_no_single_one(text, last.end, options) or wording.ALTERNATIVE.match(text, last.end):
        return SEVERAL
    return NONE if index is None else Choice(index, FLEXIBLE)


def _asserted(claims: Sequence[Claim]) -> list[Claim]:
    asserted = [claim for claim in claims if claim.asserts]
    return [claim for claim in asserted if claim.options != {None}] or asserted


def offered_too(text: str, start: int, options: Sequence[str]) -> set[int | None]:
    """Return the options offered beside the chosen one, from `start` on: "but B is also acceptable"."""
    return {
        option_index(match.group(match.lastgroup or 0), options)
        for match in wording.OFFERED_TOO.finditer(text, start)
        if not is_denied(text, match.start(), match.end()) and not is_in_question(text, match.end())
    } - {None}


def names_no_single_one(text: str, start: int, options: Sequence[str]) -> bool:
    """Check whether the text from `start` on says "all of the above" or the like, where no option says so."""
    if any(wording.NO_SINGLE_ANSWER.match(option) for option in options):
        return False
    return wording.NO_SINGLE_ANSWER.search(text, start) is not None


def _goes_on_with_another(text: str, last: Claim, claims: Sequence[Claim], options: Sequence[str]) -> bool:
    """Check whether the line after a choice is only the letter of another option, which is not called wrong."""
    here, _, following = text[last.end :].partition("\n")
    match = wording.NOTHING_BUT.fullmatch(following.partition("\n")[0])
    if match is None or here.strip(" .)\"'"):
        return False
    return option_index(match["letter"], options) not in {None, *last.options, *denied_options(claims)}


def _settles(text: str, earlier: Claim, last: Claim) -> bool:
    """Check whether the last claim corrects the earlier one, or decides between the options that it offered."""
    offers = last.options < earlier.options and " or " in text[earlier.start : earlier.end]
    return offers or _corrects(text, earlier, last)


def _corrects(text: str, earlier: Claim, last: Claim) -> bool:
    if wording.ALSO.search(text, earlier.end, min(len(text), last.end + 12)):
        return False
    return wording.CORRECTION.search(text, earlier.end, min(len(text), last.start + 14)) is not None


def denied_options(claims: Sequence[Claim]) -> set[int | None]:
    """Return the options that a claim calls wrong."""
    return {index for claim in claims if not claim.asserts for index in claim.options}


def last_assertion(claims: Sequence[Claim]) -> Claim | None:
    """Return the last claim that offers an option; one of an unknown letter only where there is no other."""
    asserted = _asserted(claims)
    return asserted[-1] if asserted else None


def unless_withdrawn(text: str, choice: Choice, claims: Sequence[Claim], options: Sequence[str]) -> Choice:
    """Return the choice, unless the answer retracts it, replaces it or names it side by side with another option."""
    index = choice.index
    if index is None:
        return choice
    named, denied = mentions(text, options), denied_options(claims)
    last = last_assertion(claims)
    if last is not None and index in last.options:
        start, end = last.start, last.end
    else:
        start, end = next(((own.start, own.end) for own in named if own.index == index), (0, 0))
    withdrawn = (
        is_taken_back(text, end, index, named)
        or is_replaced(text, end, index, named, denied)
        or is_one_of_two(text, start, end, index, named, denied)
    )
    return SEVERAL if withdrawn else choice
