"""Extraction of the chosen label from a free-form answer.

A label that is only denied ("not spam") is not taken, nor is one of two that are offered together.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from evaluation.metrics.normalization import folded, keeps_words, whole_number
from evaluation.metrics.sentence_marks import TYPOGRAPHIC, without_outer_marks

NOT_EXTRACTED = "not_extracted"

_WRAPPING = " \t\r\n.,;:!?\"'`*_()[]{}<>«»“”‘’"
_BLANKS = re.compile(r"[\s_]+|(?<=\w)-(?=[^\W\d_])|(?<=[^\W\d_])-(?=\w)")
_PERCENT = re.compile(r"(?<=\d)(?:\s|\\)+%")
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|never|neither|nor|cannot|except|unlike|(?:any|every)thing\s+but|all\s+but|instead\s+of|rather\s+than|other\s+than|rul(?:e|es|ed|ing)\s+out"
    r"|eliminat\w+|exclud\w+|refus(?:e|es|ed|ing)|declin(?:e|es|ed|ing)|unlikely)|n't|n’t)\b(?!\s+(?:only|just))(?:[\s\"'(*]+\w+){0,4}[\s\"'(*]*$"
    r"|(?:^|\s)(?:non|un|anti|semi|quasi)\s$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[\"'*)\]]{0,4}:?\s*(?:(?:is|was|are|were|would\s+be|seems?|looks?|must\s+be|can)\s+)?"
    r"(?:(?:also|clearly|definitely|therefore|thus|simply|obviously|just|probably|both|all|completely)\s+)?"
    r"(?:not\b(?!\s+only)|n't|n’t|isn't|isn’t|can't|cannot|wrong|incorrect|false|out\b|impossible|ruled|eliminated|excluded)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.;:,\n!?]|(?<!thing\s)(?<!all\s)\bbut\b", re.IGNORECASE)
_SUBJECT = re.compile(r"\s(?:is|was|are|were)\s")
NO_LABEL_BEFORE = (
    r"(?!\s(?:doubt|idea|answer|clue|longer|matter|more|one|opinion|question|information|way|reason|evidence|need|point|"
    r"mention|indication|sign|proof|consensus|such|correct|right|single|clear|definite|option|choice|statement)\b)"
)
"""Words after which `no` is not an answer: no doubt, no idea, no way."""
NO_BY_ITSELF = (
    r"(?=\s*(?:$|[^\w\s])|\s(?:because|since|as|it|he|she|they|this|that|these|those|there|i|we|you|not|if|but|and|or|the|is|"
    r"was|for|due|explanation|reason)\b)"
)
"""Text that follows `no` as an answer inside a text: before a noun (`no survivors`) it is not one."""
_STANDS = re.compile(
    r"[\"'*)\]]{0,4}(?:$|[.;!\n…]|\s?[—–(]|\s-\s|,(?!\s(?:which|who|whose|where|the|an?|known|with|being|also|like|and|or|while)\b)|"
    r"\s(?:because|since|as|instead\sof|rather\sthan|not|over)\b)"
)
"""Text that follows a label used as an answer, rather than as the subject of a sentence."""
_YES_NO = frozenset({"yes", "no", "true", "false", "maybe"})
_COLON = re.compile(r"[\"'*)\]]{0,4}:")
_CORRECTS = re.compile(
    r"(?<!\w)(?:wait|actually|sorry|oops|correction|rather|i\smeant?|well|hmm+|no|nein|make\sthat|scratch\sthat)(?!\w)"
    r"[\s,.:;!…—–-]*(?:(?:it|it's|that's|is|then)\s)?$"
)
_NUMBER = re.compile(r"[$€£¥]?\d[\d.,/]*%?")
_WITH = r"(?:[-+*/×·÷^x]|:(?!\s)|(?<=\s):|plus|minus|times|to|by|through|until|and|or)"
_SUM_AFTER = re.compile(rf"\s?(?:[^\W\d]{{1,15}}\s){{0,2}}?{_WITH}\s?[$€£¥]?\d")
_SUM_BEFORE = re.compile(rf"\d\s?(?:[^\W\d]{{1,15}}\s){{0,2}}?{_WITH}\s?[$€£¥]?$")
_COMPARED = re.compile(
    r"(?:(?<!\w)(?:(?:more|less|fewer|greater|higher|lower|larger|smaller)\s+than|at\s+(?:least|most)|over|under|above|below|"
    r"up\s+to)|[<>≤≥±])\s*[$€£¥]?$"
)
_OPEN_END = re.compile(r"\s+or\b|,?\s+(?:and\s+)?(?:then|later|afterwards)\b")
"""Text after a label that is one of several, possibly with unknown others: or …, and then …"""
_ALTERNATIVE = re.compile(
    r"[\"'*)\].]{0,4}\s*(?:\?|(?:,|/|&|\bor\b|\band\b|\bas well as\b)"
    r"(?:[\s,/&]|\b(?:or|and|also|maybe|perhaps|even)\b){0,4}$)",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return `text` in lower case, without marks around it, and with blanks, `_` and hyphens each as single blanks.

    Text without words (`-1`, `<`, `(1, 2]`) keeps its marks.
    """
    text = folded(text.translate(TYPOGRAPHIC))
    stripped = text.strip(_WRAPPING)
    if not (keeps_words(stripped) or (len(stripped) == 1 and stripped.isalpha())):
        stripped = without_outer_marks(text)
    return _PERCENT.sub("%", _BLANKS.sub(" ", stripped)).strip()


def named_label(text: str, labels: Sequence[str]) -> str | None:
    """Return the label that equals `text`, exactly or but for case, blanks and marks around it.

    None where no label does, or several do.
    """
    stripped = text.strip()
    for as_written in (stripped, without_outer_marks(stripped)):
        if as_written in labels:
            return as_written
    bare = stripped.strip(_WRAPPING)
    if bare and bare in labels and plain(bare) == plain(text):
        return bare
    same = {label for label in labels if plain(label) and plain(label) == plain(text)}
    return same.pop() if len(same) == 1 else None


def chosen_label(answer: str, labels: Sequence[str]) -> str | None:
    """Return the label that `answer` gives; None where it gives none, or several.

    Exactly a label; else a label at the very start; else the only label mentioned.
    """
    named = named_label(answer, labels)
    if named is not None:
        return named
    by_text, text, mentions = _mentioned(answer, labels)
    if mentions and mentions[0][0] == 0 and not _is_one_of_several(text, mentions):
        first_line = answer.strip().partition("\n")[0]
        if named_label(first_line, labels) or _leads(text, mentions):
            return by_text[mentions[0][1]]
    mentioned = {word for start, word in mentions if not is_denied(text, start, start + len(word))}
    if len(mentioned) != 1 or all(_OPEN_END.match(text, start + len(word)) for start, word in mentions):
        return None
    return by_text[mentioned.pop()]


def leading_label(answer: str, labels: Sequence[str]) -> str | None:
    """Return the label with which `answer` begins, where a mark or a reason follows it: "Yes, because …"."""
    by_text, text, mentions = _mentioned(answer, labels)
    leads = bool(mentions) and mentions[0][0] == 0 and _stands(text, mentions[0][1])
    return by_text[mentions[0][1]] if leads and not _is_one_of_several(text, mentions) else None


def _mentioned(answer: str, labels: Sequence[str]) -> tuple[dict[str, str | None], str, list[tuple[int, str]]]:
    """Return the labels by plain text, the plain answer, and its mentions of labels as (position, plain text).

    A plain text that two labels share maps to None.
    """
    by_text: dict[str, str | None] = {}
    for label in labels:
        if plain(label):
            by_text[plain(label)] = None if plain(label) in by_text else label
    text = plain(answer)
    mentions = [mention for mention in label_mentions(text, tuple(by_text)) if stands_by_itself(text, *mention)]
    return by_text, text, mentions


def _leads(text: str, mentions: list[tuple[int, str]]) -> bool:
    """Check whether the label that begins the text is its answer, and not merely the first one that it discusses."""
    _, label = mentions[0]
    others = [
        (start, word) for start, word in mentions if word != label and not is_denied(text, start, start + len(word))
    ]
    if not others:
        return True
    if any(_CORRECTS.search(text[max(len(label), start - 30) : start]) for start, _ in others):
        return False
    if _COLON.match(text, len(label)):
        return not any(_COLON.match(text, start + len(word)) for start, word in others)
    return _stands(text, label)


def _stands(text: str, label: str) -> bool:
    """Check whether the label that begins `text` is an answer by itself.

    A mere yes or no is never the subject of a sentence.
    """
    end = len(label)
    return _STANDS.match(text, end) is not None or (label in _YES_NO and text[end : end + 1] == ",")


def stands_by_itself(text: str, start: int, word: str) -> bool:
    """Check that the mention is not a number in a sum, a range or a comparison."""
    end = start + len(word)
    if not _NUMBER.fullmatch(word):
        return True
    before = text[max(0, start - 40) : start]
    return not (_SUM_AFTER.match(text, end) or _SUM_BEFORE.search(before) or _COMPARED.search(before))


def is_denied(text: str, start: int, end: int) -> bool:
    """Check whether the text from `start` to `end` is denied in its clause: "not X", "X is wrong"."""
    clause = _CLAUSE_END.split(text[max(0, start - 60) : start])[-1]
    return _DENIED_BEFORE.search(clause) is not None or _DENIED_AFTER.match(text, end) is not None


def label_mentions(text: str, words: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return where `text` has one of `words` as a whole word, and which."""
    if not words:
        return []
    return [(match.start(), match.group()) for match in _any_of(words).finditer(text)]


def _is_one_of_several(text: str, mentions: list[tuple[int, str]]) -> bool:
    """Check whether the first label is offered with another ("ham or spam"), asked ("ham?") or denied."""
    end = len(mentions[0][1])
    if _DENIED_AFTER.match(text, end) or _OPEN_END.match(text, end):
        return True
    following = mentions[1][0] if len(mentions) > 1 else end
    if {word for _, word in mentions} != {mentions[0][1]} and _SUBJECT.match(text, end):
        return True
    joined = _ALTERNATIVE.match(text[end:following]) if following - end < 40 else None
    return joined is not None or text[end : end + 1] == "?"


@lru_cache(maxsize=512)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for any of `words`, whole; the longest first, so that "spam" does not match in "not spam"."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(_whole, longest_first)))


def _whole(word: str) -> str:
    before, after = whole_number(word)
    after += r"(?!\s?[%‰°])" if word[-1:].isdigit() else ""
    after += f"{NO_LABEL_BEFORE}(?:(?<=^no)|{NO_BY_ITSELF})" if word == "no" else ""
    return (
        rf"(?<!\w){before}{re.escape(word)}(?![\w+#])" + after
        if word[-1].isalnum()
        else (rf"(?<!\w){before}{re.escape(word)}(?!\w){after}")
    )
