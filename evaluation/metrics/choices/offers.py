"""Options that an answer merely offers, one beside another: "Could be A. Or maybe D"; "B is likely, C too"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.choice import FLEXIBLE, NONE, SEVERAL, Choice
from evaluation.metrics.choices.claim_resolution import denied_options
from evaluation.metrics.choices.claims import Claim, is_in_question, option_index
from evaluation.metrics.choices.mentions import Mention, mentions
from evaluation.metrics.choices.proper_names import is_in_a_name
from evaluation.metrics.choices.reported_choices import others_say
from evaluation.metrics.label_extraction import is_denied

_LETTER = r"(?:(?:options?|choice|answer)\s)?[(\[\"']?(?P<letter>(?-i:[A-Z]))(?![\w+#°]|['’-]\w|\.\w)[)\]\"']?"
_SUBJECT, _ASKED, _OTHER = (_LETTER.replace("<letter>", f"<{name}>") for name in ("subject", "asked", "other"))
_TOO = r"(?:also|too|as\swell|equally(?:\swell)?|just\sas\s(?:well|much|likely)|likewise|still)"
_HEDGE = r"(?:maybe|perhaps|possibly|conceivably|alternatively|or(?:\selse)?|either|I\ssuppose|then\sagain)"
_FITTING = (
    r"(?:(?:be\s)?(?:an?\s|the\s)?(?:right|correct|plausible|possible|likely|fine|good|reasonable|true|valid|acceptable|okay|ok|"
    r"answer|contender|one|it)(?!\w)|works?(?!\w)|fits?(?!\w)|do(?!\w))"
)
_OFFERED = re.compile(
    rf"(?<![\w'])(?:(?:could|might|may)\s(?:{_TOO}\s)?be\s(?:{_TOO}\s)?|(?:could|might|may)\s(?:it|this)\sbe\s"
    rf"|{_HEDGE},?\s(?:(?:it|this)(?:'s|\sis)\s)?){_LETTER}"
    r"(?=$|[.,;:!?…\n]|\s(?:or|and|but|is|was|then|though|instead|I|perhaps|maybe)(?!\w))"
    rf"|(?<![\w'’]){_SUBJECT},?\s(?:(?:seems?|looks?|appears?|sounds?|could|might|may|would)\s"
    rf"(?:{_TOO}\s)?(?:(?:to\s)?be\s)?(?:{_TOO}\s)?(?:quite\s|very\s|the\s)?{_FITTING}"
    rf"|(?:is|was)\s(?:{_TOO}\s)?(?:quite\s|very\s|an?\s)?(?:good\s)?"
    r"(?:plausible|possible|likely|conceivable|reasonable|good\s\w+)(?!\w)"
    rf"|(?:fits|works)(?!\w)|(?:would\sbe|is)\smy\s(?:first|second|other)(?!\w))"
    rf"|(?<![\w'’]){_ASKED}\?",
    re.IGNORECASE,
)
"""A letter offered as a possibility: it could be B; B seems plausible; B?"""
_ADDED = re.compile(
    rf"(?<!\w)(?:also\s(?:think|believe|consider|say|choose|pick)|(?:so|as)\s(?:is|does|do|are|would|could|might|seems))\s{_LETTER}"
    r"(?=$|[.,;:!?…\n]|\s(?:too|be)(?!\w))"
    rf"|(?<!\w)(?:alternatively|or(?:\selse)?,?\s(?:maybe|perhaps|possibly)|(?:could|might|may)\s{_TOO}\sbe),?\s"
    rf"{_OTHER}(?=$|[.,;:!?…\n])"
    rf"|(?<![\w'’]){_SUBJECT},?\s(?:is|does|seems|looks|works|fits|could|might|may|would)\s"
    rf"(?:(?:be|\w+ly|do|right|correct|fine|plausible|possible|likely|true|work|fit)\s)?{_TOO}(?!\w)",
    re.IGNORECASE,
)
"""A letter offered in addition to the previous one: so is B; B does too; alternatively, B."""
_EITHER = re.compile(
    r"\W*(?:both|all|either|any)(?:\s(?:of\sthem|one|will\sdo|is\sfine|are\sfine|could\sbe\sright))?\W*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Offer:
    start: int
    end: int
    index: int
    is_added: bool
    """True if the option is offered in addition to another one."""
    is_asked: bool


def unless_offered_with_another(text: str, choice: Choice, claims: Sequence[Claim], options: Sequence[str]) -> Choice:
    """Return the choice, unless its option is only offered, with another one beside it.

    Where there is no choice, return the only option offered. Two options offered are no choice, whatever the words
    between them; one that is added to the choice ("A is right, and so is D") counts against it unless the answer
    settles on one afterwards.
    """
    if choice.index is None and (choice == SEVERAL or any(claim.asserts for claim in claims)):
        return choice
    if choice.index is None and _EITHER.fullmatch(text):
        return SEVERAL
    denied = denied_options(claims)
    offers = [offer for offer in _offers(text, options, claims) if offer.index not in denied]
    if not offers:
        return choice
    named = [
        place
        for place in mentions(text, options)
        if place.index not in denied
        and not is_denied(text, place.start, place.end)
        and not others_say(text, place.start)
    ]
    if choice.index is None:
        asserted = {offer.index for offer in offers if not is_in_question(text, offer.end) and not offer.is_asked}
        letters = {place.index for place in named}
        added_to = letters if any(offer.is_added for offer in offers) else set()
        return _of_offers({offer.index for offer in offers} | added_to, asserted, letters)
    return SEVERAL if _has_another_beside(text, choice.index, offers, named) else choice


def _has_another_beside(text: str, index: int, offers: Sequence[_Offer], named: Sequence[Mention]) -> bool:
    """Check whether another option is offered as firmly as the chosen one, or added to it, and left standing."""
    within = {place for offer in offers for place in range(offer.start, offer.end)}
    own = [place.start for place in named if place.index == index]
    firm = [start for start in own if start not in within]
    beside = [offer for offer in offers if offer.index != index and (not firm or offer.is_added)]
    if not beside or (firm and firm[-1] > beside[-1].start):
        return False
    is_added = any(offer.is_added for offer in offers if offer.index == index)
    return bool(firm or is_added or not own) or not _corrects(text, beside[-1], own[-1])


def _of_offers(offered: set[int], asserted: set[int], named: set[int]) -> Choice:
    if len(offered) > 1:
        return SEVERAL
    return Choice(next(iter(asserted)), FLEXIBLE) if asserted and named <= asserted else NONE


def _corrects(text: str, before: _Offer, start: int) -> bool:
    """Check whether the choice after an offer replaces it: "Could be A… no, perhaps B"."""
    return before.end <= start and wording.CORRECTION.search(text, before.end, start) is not None


def _offers(text: str, options: Sequence[str], claims: Sequence[Claim]) -> Iterator[_Offer]:
    for pattern in (_OFFERED, _ADDED):
        for match in pattern.finditer(text):
            group = match.lastgroup or "letter"
            index = option_index(match[group], options)
            if index is None or is_in_a_name(text, match.start(group)) or others_say(text, match.start()):
                continue
            if is_denied(text, match.start(group), match.end(group)) or wording.ONLY_IF.match(text, match.end()):
                continue
            is_added = pattern is _ADDED
            if is_added and _is_denied_too(match.start(), claims):
                continue
            yield _Offer(match.start(), match.end(), index, is_added, group == "asked")


def _is_denied_too(start: int, claims: Sequence[Claim]) -> bool:
    """Check whether the claim before "too" is that its option is wrong."""
    before = [claim for claim in claims if claim.end <= start]
    return bool(before) and not before[-1].asserts
