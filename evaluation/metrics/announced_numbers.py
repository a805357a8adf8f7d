"""Where does a text announce a number as its answer? `The answer is 18`, `A: 18`, `**18 eggs**`, `= 18 (2 · 9)`."""

import re
from dataclasses import dataclass

_NOUN = r"(?:answer|ans|antwort|ergebnis|lösung|respuesta|resultado|réponse|risposta|resposta|ответ|答案|答え)"
_COPULA = r"(?:is|are|was|equals|would\sbe|should\sbe|must\sbe|comes\sto|ist|lautet|es|est|è|é|[:：=]|是|は)"
_FILLER = (
    r"(?:(?:about|approximately|approx\.|roughly|exactly|precisely|therefore|thus|then|simply|clearly|only|just|indeed|"
    r"equal\sto|option|the\snumber|around|nearly)\s{1,3}){0,3}"
)
_START = r"(?=[-+~≈]?\s?[$€£¥]?\s?[-+]?(?:[.,]?\d|\\[dt]?frac|[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒]))"
_SAID = re.compile(
    rf"(?:(?<!\w){_NOUN}\*{{0,2}}(?:[ ]\w{{1,15}}){{0,6}}?[ ]?{_COPULA}(?![^\W\d])|(?:^|\n)[ *#]{{0,6}}A[ ]?[:：])"
    rf"[\s:*_\"'`(\[]{{0,6}}{_FILLER}[\s*_\"'`(\[\\]{{0,4}}{_START}",
    re.IGNORECASE,
)
# "No, 20" after an answer, with no other number to the end.
_CORRECTED = re.compile(
    r"(?<!\w)(?:no|wait|actually|sorry|correction|oops|scratch\sthat|I\smean)[,:.!…—-]{0,3}\s"
    r"(?:(?:no|wait|it|it's|it’s|that's|that|is|should|be|the|answer|make|rather)[,:.]?\s){0,6}[*_$€£¥]{0,3}"
    rf"{_START}(?=[^\d\s]*[\d.,/]+[^\d]{{0,60}}$)",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?<!\w)(?:not|never|cannot|no|wrong|incorrect|between|nicht)(?!\w)|n't(?!\w)", re.IGNORECASE)
_BOLD = re.compile(rf"\*\*{_START}([^*\n]{{1,60}})\*\*")
_NUMBER_AND_UNIT = re.compile(
    r"[-+~≈$€£¥\s]*[\d.,/'’ ½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒%-]*\d?\s?(?:\\?%|[$€£¥])?(?:[ ]?[^\W\d]\w{0,14}){0,3}[.!]?"
)
_HEADING = re.compile(r"\s*\d{1,3}[.):](?!\d)")
_EQUATION = re.compile(rf"=[ ]?\**{_START}")
_EXPLAINED = re.compile(
    r"\**[ ]?(?:[^\W\d]{1,15}[ ])?(?:\(|as(?!\w)|because(?!\w)|since(?!\w)|per(?!\w)|for\seach(?!\w))"
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where the announced number begins."""

    start: int
    is_sum: bool
    """The number may open a sum (`3 + 4 = 7`), whose result counts."""


def announcements(text: str) -> tuple[Announcement, ...]:
    """The places where a number is announced, the one that counts most first."""
    said = [match for match in _SAID.finditer(text) if not _DENIED.search(match.group())]
    if said:
        corrected = _CORRECTED.search(text, said[-1].end())
        return (Announcement((corrected or said[-1]).end(), is_sum=True),)
    line = next((found for found in reversed(text.split("\n")) if any(map(str.isdigit, found))), "")
    place = text.rfind(line)
    bold = [
        match
        for match in _BOLD.finditer(line)
        if _NUMBER_AND_UNIT.fullmatch(match.group(1)) and not _HEADING.fullmatch(match.group(1))
    ]
    if bold:
        return (Announcement(place + bold[-1].start(1), is_sum=False),)
    return tuple(Announcement(place + match.end(), is_sum=False) for match in list(_EQUATION.finditer(line))[-1:])


def is_explained(text: str, end: int) -> bool:
    """Whether what follows a number only explains it: `= 18 (2 · 9)`, `= 18 per 7 days`."""
    return _EXPLAINED.match(text, end) is not None
