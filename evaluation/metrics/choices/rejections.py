"""Implicit rejections of an option: "A is the most common mistake", "B is what I would avoid"."""

import re
from collections.abc import Iterator, Sequence

_LETTER = re.compile(
    r"(?<![\w'’-])[(\[\"']{0,2}(?P<letter>[A-Z])[)\]\"']{0,2}(?=\s(?:is|was|seems|looks|appears|sounds|would|remains)\s)"
)
_VERB = r"\s(?:is|was|seems|looks|appears|sounds|would\sbe|remains)\s(?:to\sbe\s)?"
# Words behind which a noun is no longer what the letter is called: the sentence *without* an error.
_ADJECTIVES = (
    r"(?:(?!(?:not|no|never|hardly|neither|with|of|to|in|on|at|without|that|which|who|whose|what|for|from|by|about|as|and|or|"
    r"than|because|free)(?!\w))[\w'-]+\s){0,5}?"
)
_NOUN = (
    r"(?:mistakes?|errors?|traps?|pitfalls?|misconceptions?|misunderstandings?|misreading|misinterpretation|distractors?|decoy|"
    r"lure|red\sherring|slip|slip-up|blunder|fallacy|myth|nonsense|confusion|oversight|guesswork|bait|snare|"
    r"trick(?:\s(?:option|answer|choice|question))?)"
)
_ADJECTIVE = (
    r"(?:misleading|absurd|nonsensical|ridiculous|doubtful|dubious|questionable|improbable|implausible|untenable|"
    r"far\sfrom\s(?:the\struth|right|correct|it|true|plausible)|nowhere\snear(?:\sit)?|off\sthe\smark|beside\sthe\spoint)"
)
_REJECT = (
    r"(?:avoid|discard|reject|dismiss|exclude|eliminate|cross\s(?:out|off)|rule\sout|strike\sout|skip|drop|distrust)"
)
_REJECTED = (
    r"(?:avoided|discarded|rejected|dismissed|excluded|eliminated|crossed\s(?:out|off)|ruled\sout|skipped|"
    r"dropped|distrusted)"
)
_CHOOSE = r"(?:choose|pick|select|answer|go\s(?:for|with)|say|trust|take)"
_WHICH = (
    r"(?:what|where|something|(?:the\s|an?\s)?(?:\w+\s){0,2}?(?:one|answer|option|choice|thing|letter))"
    r"(?:\s(?:that|which))?"
)
_LEAST = r"(?:the\s)?least\s(?!wrong|bad|incorrect|implausible|unlikely|problematic|objectionable|false)\w+"
_ENDS = (
    r"(?=\s?(?:$|[.,;:!?\n)—–-]|(?:here|to\s(?:make|fall|avoid)|that|most|many|some|few|everyone|students|beginners|the|this|"
    r"you|we|I|people|made|among|in|for|first|often|at\sonce|completely|entirely|of\sthe\s(?:question|text|passage|problem|prompt|task|four|lot|options|choices)|answer|option|choice|one|because|"
    r"since|as|and|but|so)(?!\w)))"
)
_REFUSED = (
    rf"to\s{_REJECT}|(?:tricks?|fools?|misleads?|traps|catches|deceives?|confuses?)\s(?:many\s|most\s)?\w+"
    rf"|(?:nobody|no\sone|few(?:\speople)?|hardly\sanyone)\s(?:should|would|will)\s{_CHOOSE}"
    rf"|(?:\w+(?:'d|'ll)?\s){{1,5}}?(?:{_REJECT}|gets?\swrong|go(?:es)?\swrong|(?:never|not|wouldn't)\s{_CHOOSE}|"
    r"(?:trust|like|believe|fancy|favou?r)\s(?:the\s)?least)"
)
_PREDICATE = re.compile(
    rf"{_VERB}(?:(?:one\sof\s|among\s|part\sof\s)?(?P<noun>{_ADJECTIVES}{_NOUN})"
    rf"|(?:(?:\w+ly|quite|rather|very|just|also|an?|the|so)\s){{0,3}}(?P<adjective>{_ADJECTIVE})|(?P<least>{_LEAST})"
    rf"|(?P<rejected>to\sbe\s{_REJECTED})|(?P<refused>{_WHICH}\s(?:{_REFUSED}))){_ENDS}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{4,}")


def rejections(text: str, options: Sequence[str], question: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, letter) of each letter that its predicate calls wrong.

    A word that the question or the options use describes the option and does not reject it: of "Which is the
    most common mistake?", "A is the most common mistake" is an answer.
    """
    used = {word.casefold() for text_used in (question, *options) for word in _WORD.findall(text_used)}
    for letter in _LETTER.finditer(text):
        match = _PREDICATE.match(text, letter.end())
        if match is None:
            continue
        telling = match[match.lastgroup or 0].casefold()
        if not used.intersection(_WORD.findall(telling)[-1:] if match.lastgroup == "noun" else _WORD.findall(telling)):
            yield letter.start(), match.end(), letter["letter"]
