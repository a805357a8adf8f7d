"""Choices that an answer attributes to others: "Most would say B", "my friend thinks it is C"."""

import re

from evaluation.metrics.choices import patterns as wording

_AIMLESS = r"(?:\w+ly|often|also|still|just|even|likely|sometimes|usually|well)"
_THAT = r"(?:\s(?:that|is|it|it's|to\sbe))*(?:\s(?:the|correct|right|best|true|final|my))*\s?$"
_INANIMATE = r"(?:passage|text|question|author|article|story|paragraph|data|evidence|table|graph|formula|law|rule)"
_ONE_SHOULD = re.compile(
    r"(?<!\w)(?:one|you|we|they|anyone|everyone|people|students?)\s(?:should|must|ought\sto|ha(?:s|ve)\sto|needs?\sto)\s?$",
    re.IGNORECASE,
)
_IS_SAID = re.compile(
    rf"(?<!\w)it(?:'s|\sis|\swas)\s(?:{_AIMLESS}\s)*(?:said|believed|thought|assumed|claimed|held|argued|taught){_THAT}",
    re.IGNORECASE,
)
_THINKS = re.compile(
    r"(?<!\w)(?!(?:I|we|also|would|'d)\s)[\w'-]+\s(?:thinks|believes|guesses|assumes|feels|suspects|reckons|insists|chooses|picks|"
    rf"thought|believed|guessed|assumed|chose|picked|answered|wrote){_THAT}",
    re.IGNORECASE,
)
_SAYS = re.compile(
    rf"(?<!\w)(?!(?:it|this|that|which|context|definition|theory|{_INANIMATE})\s)[\w'-]+\s(?:says|claims|said|claimed){_THAT}",
    re.IGNORECASE,
)
_THEY_SAY = re.compile(
    r"(?<!\w)(?!(?:results|facts|data|clues|tests|studies|calculations|sources|texts|passages|rules|laws|always|this|thus)\s)"
    r"(?:[\w'-]+s|people|crowd|majority|public)\s(?:say|think|believe|claim|argue|assume|insist|feel|guess|suspect)"
    rf"{_THAT}",
    re.IGNORECASE,
)
_WOULD = re.compile(rf"(?P<subject>[\w'-]+)\s(?:would|will|might|could|may)(?:\s{_AIMLESS})*\s?$", re.IGNORECASE)
_OWN = frozenset({"i", "we", "it", "this", "that", "which", "there", "answer", "option", "choice", "one", "you"})
_USUAL = re.compile(
    r"(?<!\w)(?:supposedly|allegedly|reportedly|purportedly)(?!\w)[^.;:!?\n]{0,20}$|(?<!\w)has\sit\s(?:that\s)?(?:the\s)?$|(?<!\w)(?:usual|frequent|customary|naive|most\s(?:common|typical))\s?$",
    re.IGNORECASE,
)
_CHOOSES = re.compile(r"(?:choose|select|pick|answer|say|guess|go\s(?:for|with))(?!\w)", re.IGNORECASE)

_THEY = (
    r"(?:(?:most|many|some|few|several|all|half|others?|other|almost|nearly|people|students|everyone|everybody|someone|anyone|"
    rf"beginners|they|he|she|you)(?:\s(?:of|the|my|other|else|\w+s|people|class))*|(?:my|your|his|her|our|their|the|an?)\s"
    rf"(?!(?:\w+\s)?{_INANIMATE}(?!\w))(?:\w+\s)?\w+)"
)
_SAYING = (
    r"(?:(?:would|might|may|could|will|tend\sto|\w+ly|often)\s)*(?:answer|say|choose|pick|select|write|guess|think|believe|assume|"
    r"give|expect|prefer|go\s(?:for|with)|wrote|gave|chose|said|picked|answered|guessed|selected)s?(?!\w)"
)
_OF_OTHERS = re.compile(
    r"[)\]\"']{0,2}\s(?:is|was|would\sbe|seems|remains)\s(?:(?:probably|also|just|only|simply)\s)?(?:"
    r"(?:what|the\s(?:\w+\s){0,3}?(?:answer|option|choice|one|guess|letter)(?:\s(?:that|which))?)\s"
    rf"{_THEY}\s{_SAYING}"
    r"|(?:the|a)\s(?:very\s|most\s)?(?:popular|usual|common|frequent|typical|customary)\s"
    r"(?:(?:wrong|first)\s)?(?:answer|option|choice|one|guess|response|pick)(?!\w)"
    r"|(?:the|an?)\s(?:fan|crowd|public|popular|general)\sfavou?rite(?!\w))",
    re.IGNORECASE,
)


def others_say(text: str, start: int) -> bool:
    """Check whether the clause around `start` reports what others say ("many people think …")."""
    clause = clause_before(text, start)
    if not clause.strip() or wording.THEY_KNOW.search(clause) or _ONE_SHOULD.search(clause):
        return False
    if any(pattern.search(clause) for pattern in (wording.OTHERS_SAY, _IS_SAID, _THINKS, _SAYS, _THEY_SAY, _USUAL)):
        return True
    would = _WOULD.search(clause) if _CHOOSES.match(text, start) else None
    return would is not None and would["subject"].casefold() not in _OWN


def is_of_others(text: str, end: int) -> bool:
    """Check whether the letter that ends at `end` is attributed to others: "C is what most would answer"."""
    return _OF_OTHERS.match(text, end) is not None


def clause_before(text: str, start: int) -> str:
    """Return the part of the clause before `start`."""
    return wording.CLAUSE_END.split(text[max(0, start - 60) : start])[-1]
