"""The number that a text gives, with its position.

Numbers are exact fractions: `57.00` is 57, `3/4` and `¾` are 0.75, `1.5e3` and `1.5 × 10^3` are 1500.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from unicodedata import numeric

from evaluation.metrics.announced_numbers import announcements, is_explained, taken_back
from evaluation.metrics.answer_objects import answer_in_object

MARKED = "marked"
ANNOUNCED = "announced"
AMBIGUOUS = "ambiguous"
LAST_LINE = "last_line"
EARLIER_LINE = "earlier_line"
INSIDE_WORD = "inside_word"
MAX_CHARS = 400
"""Characters of a number; a longer one is not read."""

_MAX_MARKED_CHARS = 200
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
# Each stands for one character, so that places in the text stay what they are.
_PLAIN_FORMS = str.maketrans("０１２３４５６７８９．，－−–＋％／＄￥٫٬⁄∕", "0123456789.,---+%/$¥.,//")
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
# LaTeX's ways of keeping a comma from being one of a list: `1{,}234`, `1\\,234`.
_LATEX_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\[,!])(?=\d{3}(?!\d))")
_DENIED_BEFORE = re.compile(
    r"(?:(?<!\w)(?:not|never|cannot|nicht|pas|no\ses|não\sé|non\sè)|n't|n’t)(?:\s(?:be|equal(?:\sto)?|simply|just))?\s[$€£¥]?$|不是\s?$",
    re.IGNORECASE,
)
_LABEL_BEFORE = re.compile(
    r"(?<!\w)(?:step|question|problem|option|equation|eq\.?|figure|fig\.?)\s[#(]?$", re.IGNORECASE
)
"""Text before a number that counts something else: see step 3."""
_ITEM_BEFORE = re.compile(r"(?:^|\n)[ \t*#]{0,6}$")
_ITEM_AFTER = re.compile(r"[.)]\**\s(?=\S)")
_DEVIATION_BEFORE = re.compile(r"(?:±|\\pm)\s?$")
# `17 or 18`, `between 17 and 18`, `17-18`: which of the two is meant is not said.
_OTHER_BEFORE = re.compile(
    r"(?:(?<![\w.,/=+*×·÷^-])[$€£¥]?\d[\d.,]*-[$€£¥]?|(?<!\w)\d[\d.,]*%?(?:\s[^\W\d]{1,12})?\s(?:or|to|oder|ou)\s[$€£¥]?"
    r"|(?<!\w)between\s[$€£¥]?\d[\d.,]*%?(?:\s[^\W\d]{1,12})?\sand\s[$€£¥]?)$",
    re.IGNORECASE,
)
# In `16-3` the dash subtracts; in `= -3`, `-$3` and `$-3` it belongs to the number.
_MINUS_BEFORE = re.compile(r"(?:(?:^|[^\w)\]%.$€£¥])-[$€£¥]?|(?:^|[^\w)\]%])[$€£¥]-)$")
_OPERATOR = re.compile(r"\s?(?:[-+/×·÷^=≈]|<(?!/)|\*(?!\*)|x(?=\s?\d))|\)\s?\(")
_ALTERNATIVE = re.compile(r"(?:\s\w{1,12})?,?\s(?:or|to|oder|ou|o)\s[$€£¥]?\d")
_SENTENCE_END = re.compile(r"[.;!?]\s|\n")
_PERCENT_AFTER = re.compile(r"\s?\\?%|\s(?:percent|per cent|pct)\b", re.IGNORECASE)
_UNIT_TO_THE_END = re.compile(r"\s?(?:\\?%|[^\W\d]{0,12}|[$€£¥])\.?\s*")


@dataclass(frozen=True, slots=True)
class NumberInText:
    """A number in a text."""

    value: Fraction | None
    """None if too long to be read, or if it is one of two alternatives."""
    is_percent: bool
    place: str
    """`marked`, `announced`, `last_line`, `earlier_line`, `inside_word` or `ambiguous`."""
    text: str
    """Text as written."""


def find_number(text: str, *, decimal_comma: bool) -> NumberInText | None:
    r"""Return the number that `text` gives; None where there is none.

    The one that is marked as the answer, in the last `\boxed{…}` or alone in a line after `####`; else the one that is
    announced ("the answer is 18", "A: 18", a last line with `**18**`, `= 18 (2 · 9)`); else the last number. Of two
    that are announced together ("5 or 6") none is read.
    """
    text = answer_in_object(text) or text
    text = _LATEX_THOUSANDS.sub("\u2009", text.rstrip().translate(_PLAIN_FORMS))
    marked = _marked(text, decimal_comma)
    if marked is not None:
        return marked
    number, in_word = _patterns(decimal_comma)
    rejected = taken_back(text)
    announced = _announced(text, decimal_comma) if rejected is None else None
    if announced is not None:
        return announced
    match = _last_meant(number, text)
    if rejected is not None and match is not None and match.start() < rejected:
        return NumberInText(None, False, AMBIGUOUS, match.group()[:MAX_CHARS])
    if match is not None and _OTHER_BEFORE.search(text[max(0, match.start() - 60) : match.start()]):
        return NumberInText(None, False, AMBIGUOUS, match.group()[:MAX_CHARS])
    if match is not None:
        return _read(match, text, EARLIER_LINE if "\n" in text[match.end() :] else LAST_LINE, decimal_comma)
    match = None if number.search(text) else _last(in_word, text)
    return None if match is None else _read(match, text, INSIDE_WORD, decimal_comma)


def _marked(text: str, decimal_comma: bool) -> NumberInText | None:
    number, _ = _patterns(decimal_comma)
    boxed = text.rfind("\\boxed{")
    if boxed >= 0:
        inner = _up_to_its_brace(text[boxed + 7 : boxed + 7 + _MAX_MARKED_CHARS])
        match = _last(number, inner)
        return None if match is None else _read(match, inner, MARKED, decimal_comma)
    line = text[text.rfind("####") + 4 :].partition("\n")[0] if "####" in text else ""
    match = number.search(line[:_MAX_MARKED_CHARS])
    if match is None or line[: match.start()].strip(" -+$€£¥") or not _UNIT_TO_THE_END.fullmatch(line, match.end()):
        return None
    return _read(match, line, MARKED, decimal_comma)


def _announced(text: str, decimal_comma: bool) -> NumberInText | None:
    number, _ = _patterns(decimal_comma)
    for place in announcements(text):
        match = number.search(text, place.start, place.start + MAX_CHARS + 8)
        if match is None or text[place.start : match.start()].strip(" -+~≈$€£¥"):
            continue
        if place.is_sum and _OPERATOR.match(text, match.end()):
            match = _result(number, text, match)
        elif place.is_sum and _ALTERNATIVE.match(text, match.end()):
            return NumberInText(None, False, AMBIGUOUS, match.group()[:MAX_CHARS])
        elif (
            not place.is_sum
            and "=" in text[max(0, place.start - 3) : place.start]
            and not is_explained(text, match.end())
        ):
            continue
        if match is not None:
            return _read(match, text, ANNOUNCED, decimal_comma)
    return None


def _result(number: re.Pattern[str], text: str, first: re.Match[str]) -> re.Match[str] | None:
    """Return the number after the last `=` of the sum that `first` opens; `first` itself in `18 = 2 · 9`."""
    start = first.end()
    rest = _SENTENCE_END.split(text[start : start + MAX_CHARS], maxsplit=1)[0]
    equals = rest.rfind("=")
    match = number.search(text, start + equals + 1) if equals >= 0 else None
    if match is None or text[start + equals + 1 : match.start()].strip(" -+~≈$€£¥*"):
        return None
    is_taken_apart = not rest[:equals].strip(" *") and _OPERATOR.match(text, match.end())
    return first if is_taken_apart else match


def _up_to_its_brace(text: str) -> str:
    depth = 1
    for i, mark in enumerate(text):
        depth += (mark == "{") - (mark == "}")
        if depth == 0:
            return text[:i]
    return text


def _read(match: re.Match[str], text: str, place: str, decimal_comma: bool) -> NumberInText:
    is_negative = _MINUS_BEFORE.search(text[max(0, match.start() - 3) : match.start()]) is not None
    is_percent = _PERCENT_AFTER.match(text, match.end()) is not None
    value = None if match.end() - match.start() > MAX_CHARS else _value(match.groupdict(), decimal_comma)
    written = ("-" if is_negative else "") + match.group()[:MAX_CHARS] + ("%" if is_percent else "")
    return NumberInText(-value if value is not None and is_negative else value, is_percent, place, written)


def _value(parts: Mapping[str, str | None], decimal_comma: bool) -> Fraction:
    """Return the value of a match, depending on which of its groups matched."""

    def number(name: str) -> Fraction:
        return _plain(parts.get(name) or "0", decimal_comma)

    for whole, part in (("whole", ""), ("latex_whole", "latex_"), ("latex_whole", "latex_digit_")):
        if parts.get(f"{part}over"):
            return _mixed(number(whole), number(f"{part}over"), number(f"{part}under"))
    if parts.get("vulgar"):
        return number("vulgar_whole") + Fraction(numeric(str(parts["vulgar"]))).limit_denominator(10)
    powers = (parts.get(name) for name in ("e", "power", "raised", "ten_power", "ten_raised"))
    power = next(filter(None, powers), "0")
    written = "plain" if parts.get("plain") else "bare"
    factor = number(written) if parts.get(written) else Fraction(1)
    return factor * Fraction(10) ** int(power.translate(_RAISED))


def _mixed(whole: Fraction, over: Fraction, under: Fraction) -> Fraction:
    """Return the value of a mixed number such as `1 3/4`; in `5 10/2` the 5 stands by itself.

    A division by zero gives 0.
    """
    if not under:
        return under
    return over / under + (whole if over < under else 0)


def _plain(text: str, decimal_comma: bool) -> Fraction:
    text = re.sub(r"[\s'’]", "", text)
    return Fraction(text.replace(".", "").replace(",", ".") if decimal_comma else text.replace(",", ""))


@lru_cache(maxsize=2)
def _patterns(decimal_comma: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a number that stands by itself, and of one inside a word."""
    point, separators = (",", r".'’\u00a0\u202f\u2009 ") if decimal_comma else (r"\.", r",'’\u00a0\u202f\u2009")
    plain = rf"(?:\d{{1,3}}(?:[{separators}]\d{{3}}(?!\d))++|\d++)(?:{point}\d++)?"
    simple = rf"(?P<plain>{plain})(?:[eE](?P<e>[+-]?\d{{1,3}})(?!\w))?"
    number = rf"""
        # The digit of `m2`, `x1` or `m^2` is part of a name or a unit; that of `18km` is not.
        (?<![A-Za-z\d^])(?:
            (?:(?P<latex_whole>\d{{1,9}})\s?)?
            \\[dt]?frac(?:\s?\{{\s?(?P<latex_over>{plain})\s?\}}\s?\{{\s?(?P<latex_under>{plain})\s?\}}
                |\s?(?P<latex_digit_over>\d)\s?(?P<latex_digit_under>\d))
        |   (?:(?P<vulgar_whole>\d{{1,9}})\s?)?(?P<vulgar>[{_VULGAR}])
        |   (?<![/.,])(?:(?P<whole>\d{{1,9}})[ ])?(?P<over>{plain})[ ]?/[ ]?(?P<under>{plain})(?![\d/])
        |   10{_exponent("ten_")}
        |   (?>{simple}(?:\s?(?:[×x*·]|\\times|\\cdot)\s?10{_exponent("")})?)(?!\s?\^[\s{{(]*[-\d]|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]|\*\*\d)
        )
        |   (?<![\w.])(?P<bare>{point}\d++)
    """
    return re.compile(number, re.VERBOSE), re.compile(rf"(?<![\^\d]){simple}(?!\s?\^)")


def _exponent(prefix: str) -> str:
    raised = rf"(?P<{prefix}raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,3}})"
    return rf"(?:(?:\^|\*\*)\{{?(?P<{prefix}power>[-+]?\d{{1,3}})(?!\d)\}}?|{raised})"


def _last_meant(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the last number that is neither denied ("not 18") nor a deviation (`± 2`) nor a label."""
    last = label = None
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        if _DENIED_BEFORE.search(before) or _DEVIATION_BEFORE.search(before):
            continue
        if _is_label(text, match, before):
            label = match
        else:
            last = match
    return last or label


def _is_label(text: str, match: re.Match[str], before: str) -> bool:
    """Check whether a number only counts steps or items: "(see step 3)", or "3." at the beginning of a line."""
    is_item = _ITEM_BEFORE.search(before) and _ITEM_AFTER.match(text, match.end()) and len(match.group()) < 3
    return bool(is_item) or _LABEL_BEFORE.search(before) is not None


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last = None
    for match in pattern.finditer(text):
        last = match
    return last
