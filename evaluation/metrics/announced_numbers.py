"""Announced final answers in a text: `The answer is 18`, `A: 18`, `**18 eggs**`, `= 18 (2 · 9)`."""

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
    rf"(?:<(?:\w{{1,12}}_)?answer>|(?:^|\n)[ *#]{{0,6}}A[ ]?[:：]"
    rf"|(?<!\w){_NOUN}\*{{0,2}}(?:[ ]\w{{1,15}}){{0,6}}?[ ]?{_COPULA}(?![^\W\d]))"
    rf"[\s:*_\"'`(\[]{{0,6}}{_FILLER}[\s*_\"'`(\[\\]{{0,4}}{_START}",
    re.IGNORECASE,
)
# "No, 20" after an answer, with no other number to the end.
_CORRECTED = re.compile(
    r"(?<!\w)(?:no|wait|actually|sorry|correction|oops|scratch\sthat|I\smean|nein|espera|perd[oó]n|attendez)[,:.!…—-]{0,3}\s"
    r"(?:(?:no|wait|it|it's|it’s|that's|that|is|should|be|the|answer|make|rather|nein|moment|es|ist)[,:.]?\s){0,6}[*_$€£¥]{0,3}"
    rf"{_START}(?=[^\d\s]*[\d.,/]+[^\d]{{0,60}}$)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"(?<!\w)(?:not|never|cannot|no|wrong|incorrect|between|nicht|no\ses|non|pas)(?!\w)|n't(?!\w)|不是", re.IGNORECASE
)
_SUPPOSED = re.compile(
    r"(?<!\w)(?:if|whether|unless|(?<!I\s)suppose|supposing|(?<!I\s)assum(?:e|ing)|imagine|wenn|angenommen)\s(?:that\s)?(?:the\s|your\s|my\s)?"
    r"(?:correct\s|final\s|right\s)?$"
    r"|(?<!\w)(?:many|some|others?|people|students|one|you|they|he|she)(?:\s\w+){0,3}\s(?:say|think|answer|claim|guess|believe|argue)s?"
    r"\s(?:that\s)?(?:the\s)?$",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(
    r"[-+~≈$€£¥\s]{0,4}\d[\d,]*(?:\.\d+)?%?(?:\s\w{1,15})?\s(?:if|were|had|unless)(?!\w)", re.IGNORECASE
)
_NEXT_QUESTION = re.compile(
    r"\n[ *#]{0,6}(?:next\s)?(?:question|q|problem|exercise|user|human)(?:\s?\d{1,4})?\s?[:.]", re.IGNORECASE
)
_TAKEN_BACK = re.compile(
    r"(?<!\w)(?:wait|hold\son|hmm+|nein|moment|espera)[,.!…\s—–-]{1,5}(?:no|nein)(?=[,.!…\s]*$|[.!])"
    r"|(?:^|(?<=[.!?;,\n…]\s)|(?<=\n)|(?<=but\s))(?:that|this)(?:(?:'s|’s|\sis)\s(?:wrong|incorrect|not\s(?:right|correct))"
    r"|\s(?:can't|can’t|cannot|isn't|isn’t)\s?(?:be)?\s?(?:right|correct))(?=\s?(?:$|[.!,;:?\n—–-]|because|since|as))|不对|不對|错了",
    re.IGNORECASE,
)
_IS_ANSWER = re.compile(
    r"(?<![\w.,/$€£¥-])[-+]?[$€£¥]?\d[\d.,]*%?(?:\s[^\W\d]{1,12})?\sis\s(?:therefore\s|thus\s)?(?:the|our|my)\s(?:final\s|correct\s|right\s)?"
    r"(?:answer|result|solution)(?!\w)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    rf"\s*\*{{0,2}}(?P<number>{_START}[^*\n]{{1,60}})\*{{0,2}}[.!]?\n\s*\*{{0,2}}"
    r"(?:explanation|reason(?:ing)?|rationale|justification|because|since|note)(?!\w)",
    re.IGNORECASE,
)
_NAMED_BOLD = re.compile(rf"\*\*[^*\n\d]{{1,40}}[:=][ ]?(?P<number>{_START}[^*\n]{{1,60}})\*\*")
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
    """Position of an announced number."""

    start: int
    is_sum: bool
    """True if the number may start a sum (`3 + 4 = 7`), whose result counts."""


def announcements(text: str) -> tuple[Announcement, ...]:
    """Return the places where a number is announced, the most reliable announcement first."""
    announced = _announced_in_words(text)
    if announced:
        corrected = _CORRECTED.search(text, announced[-1].end())
        return (Announcement((corrected or announced[-1]).end(), is_sum=True),)
    *_, stated = [None, *_IS_ANSWER.finditer(text)]
    if stated:
        return (Announcement(stated.start(), is_sum=False),)
    leading = _LEADING.match(text)
    if leading and _NUMBER_AND_UNIT.fullmatch(leading["number"]):
        return (Announcement(leading.start("number"), is_sum=False),)
    line = next((candidate for candidate in reversed(text.split("\n")) if any(map(str.isdigit, candidate))), "")
    place = text.rfind(line)
    bold = [
        match
        for match in _BOLD.finditer(line)
        if _NUMBER_AND_UNIT.fullmatch(match.group(1)) and not _HEADING.fullmatch(match.group(1))
    ]
    if bold:
        return (Announcement(place + bold[-1].start(1), is_sum=False),)
    *_, named = [None, *_NAMED_BOLD.finditer(line)]
    if named and _NUMBER_AND_UNIT.fullmatch(named["number"]):
        return (Announcement(place + named.start("number"), is_sum=False),)
    return tuple(Announcement(place + match.end(), is_sum=False) for match in list(_EQUATION.finditer(line))[-1:])


def taken_back(text: str) -> int | None:
    """Return where the answer retracts its last announced number; None where it does not."""
    announced = _announced_in_words(text)
    match = _TAKEN_BACK.search(text, announced[-1].end()) if announced else None
    return match.end() if match else None


def _announced_in_words(text: str) -> list[re.Match[str]]:
    """Yield numbers that are announced in words and neither denied nor hypothetical, up to a further question."""
    announced = [
        match
        for match in _SAID.finditer(text)
        if not _DENIED.search(match.group())
        and not _SUPPOSED.search(text[max(0, match.start() - 40) : match.start()])
        and not _ONLY_IF.match(text, match.end())
    ]
    first = announced[0].end() if announced else len(text)
    question = _NEXT_QUESTION.search(text, first)
    return [match for match in announced if question is None or match.end() <= question.start()]


def is_explained(text: str, end: int) -> bool:
    """Check whether the text after a number only explains it: `= 18 (2 · 9)`, `= 18 per 7 days`."""
    return _EXPLAINED.match(text, end) is not None
