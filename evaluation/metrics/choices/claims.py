"""Claims that an answer makes about the options, in order; each names letters, and asserts or denies them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.proper_names import is_in_a_name
from evaluation.metrics.choices.rejections import rejections
from evaluation.metrics.choices.reported_choices import clause_before, is_of_others, others_say

# Scripts without blanks set a letter between their own: `A和B`.
_SINGLE_LETTER = re.compile(r"(?<![A-Za-zÀ-ӿ\d_])[A-Za-z](?![A-Za-zÀ-ӿ\d_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement of an answer about one or several options."""

    start: int
    end: int
    options: frozenset[int | None]
    """Indices of the options; None for a letter without an option."""
    asserts: bool
    """False if it says that the options are wrong."""
    is_final: bool = False
    """True if it is called the final answer, or boxed."""


def without_list(text: str, options: Sequence[str]) -> str:
    """Return `text` without the list of all options, where it repeats that list."""
    pattern = _listing(tuple(options))
    return pattern.sub("\n", text).strip() if pattern else text


def claims(text: str, options: Sequence[str], question: str = "") -> list[Claim]:
    """Return all verbal claims of a readable text ("the answer is B", "A is wrong"), in order."""
    rejected = [*_rejected(text, options, question)]
    starts = {claim.start for claim in rejected}
    judged = [claim for claim in _judged(text, options) if not (claim.asserts and claim.start in starts)]
    judged += [*_judged_lines(text, options), *rejected]
    answer_claims = [*_announced(text, options, judged), *judged, *_boxed(text, options)]
    return sorted(_jointly(answer_claims, options), key=lambda claim: (claim.start, claim.end))


def _jointly(answer_claims: Sequence[Claim], options: Sequence[str]) -> Iterator[Claim]:
    """Yield the claims, with several letters together replaced by the option that combines them ("Both A and B")."""
    denied = [claim for claim in answer_claims if not claim.asserts]
    joint = [
        claim
        for claim in answer_claims
        if claim.asserts and joined(claim.options, options) != claim.options and not _is_within(claim, denied)
    ]
    for claim in answer_claims:
        if claim in joint:
            yield replace(claim, options=joined(claim.options, options))
        elif not _is_within(claim, joint):
            yield claim


def _is_within(claim: Claim, others: Sequence[Claim]) -> bool:
    return any(other.start <= claim.start and claim.end <= other.end for other in others)


def joined(letters: frozenset[int | None], options: Sequence[str]) -> frozenset[int | None]:
    """Return the option that combines all of `letters` ("Both A and B"), if any; else the letters unchanged."""
    if len(letters) < 2:
        return letters
    for index, option in enumerate(map(str.strip, options)):
        named = {option_index(letter, options) for letter in _single_letters(option)}
        is_all = wording.ALL_BEFORE.fullmatch(option) is not None and letters == set(range(index))
        if is_all or (wording.JOINT_TEXT.fullmatch(option) and letters == named):
            return frozenset({index})
    return letters


def option_index(letter: str, options: Sequence[str]) -> int | None:
    """Return the index of the option with this letter; None where there is none."""
    index = ord(letter.upper()) - ord("A")
    return index if 0 <= index < len(options) else None


def option_text_at(text: str, start: int, options: Sequence[str]) -> tuple[int, int] | None:
    """Return the index of the option whose text starts at `start`, and where that text ends."""
    pattern = option_pattern(tuple(options))
    match = pattern.match(text, start) if pattern else None
    return (int(str(match.lastgroup)[1:]), match.end()) if match else None


def _announced(text: str, options: Sequence[str], judged: Sequence[Claim]) -> Iterator[Claim]:
    for pattern, is_strong in ((wording.ANNOUNCED, True), (wording.CHOSEN, False)):
        for match in _overlapping(pattern, text):
            start, end, named = match.start("group"), match.end("group"), _letters(match, options)
            of_text = option_text_at(text, start, options)
            if of_text and of_text[1] >= len(text[:end].rstrip(".)]}\"' ")):
                named, end = frozenset({of_text[0]}), of_text[1]
            elif not (_ends_there(text, end, options, named) or (is_strong and _capital(text, end))):
                continue
            elif len(named) == 1 and (of_text := option_text_at(text, _after_marks(text, end), options)):
                named |= {of_text[0]}
            if is_in_question(text, end) or wording.ONLY_IF.match(text, end):
                continue
            if _judgement(text, start) is False or others_say(text, match.start()):
                continue
            if _is_no_choice(text, match.start()):
                continue
            yield Claim(
                start=match.start(),
                end=end,
                options=named,
                asserts=bool(match.groupdict().get("contrast"))
                or not (
                    match.group("group")[:8].lower() == "neither "
                    or _is_denied(text, match.start(), start)
                    or wording.DENIED_BEHIND.match(text, end)
                    or wording.WOULD_BE_WRONG.match(text, end)
                    or _is_wrong_too(match, judged)
                ),
                is_final=is_strong and wording.FINAL.search(text, max(0, match.start() - 12), start) is not None,
            )
    yield from _announced_texts(text, options)


def _announced_texts(text: str, options: Sequence[str]) -> Iterator[Claim]:
    for pattern in (wording.ANNOUNCED_TEXT, wording.CONCLUDED_TEXT):
        for match in pattern.finditer(text):
            # "the" may be a filler, or the first word of the option.
            of_text = option_text_at(text, match.start("filler"), options) or option_text_at(text, match.end(), options)
            if of_text is None or is_in_question(text, of_text[1]) or _is_no_choice(text, match.start()):
                continue
            # "No" may be an option itself, and no correction.
            if pattern is wording.CONCLUDED_TEXT and (
                not wording.TEXT_ENDS.match(text, of_text[1]) or option_text_at(text, match.start(), options)
            ):
                continue
            if others_say(text, match.start()):
                continue
            named = frozenset({of_text[0], *_joined_text(text, of_text[1], options)})
            denied = _is_denied(text, match.start(), match.end())
            yield Claim(start=match.start(), end=of_text[1], options=named, asserts=not denied)


def _judged(text: str, options: Sequence[str]) -> Iterator[Claim]:
    for match in _overlapping(wording.JUDGED, text):
        says = _judgement(text, match.start())
        if says is None or is_in_question(text, match.end()) or others_say(text, match.start()):
            continue
        if is_in_a_name(text, match.start("group")) or is_of_others(text, match.end("group")):
            continue
        if wording.ONLY_IF.match(text, match.end()) or _is_no_choice(text, match.start()):
            continue
        is_neither = match.group("group")[:8].lower() == "neither "
        says = says and not is_neither and not _is_denied(text, match.start(), match.start())
        yield Claim(start=match.start(), end=match.end(), options=_letters(match, options), asserts=says)
    for match in _overlapping(wording.REJECTED, text):
        if _ends_there(text, match.end("group"), options, _letters(match, options)):
            yield Claim(start=match.start(), end=match.end("group"), options=_letters(match, options), asserts=False)


def _rejected(text: str, options: Sequence[str], question: str) -> Iterator[Claim]:
    for start, end, letter in rejections(text, options, question):
        if not others_say(text, start) and not is_in_a_name(text, start):
            yield Claim(start=start, end=end, options=frozenset({option_index(letter, options)}), asserts=False)


def _judgement(text: str, start: int) -> bool | None:
    """Return whether the letters at `start` are called right; None where the text does not judge them."""
    match = wording.JUDGED.match(text, start)
    if match is None or (match.group("other") and not match.group("cannot")):
        return None
    denied = bool(match.group("denied") or match.group("cannot"))
    return (
        not denied if match.group("right") else denied and not match.group("cannot") if match.group("wrong") else False
    )


def _is_denied(text: str, start: int, end: int) -> bool:
    """Check whether a claim's cue, or the clause before it, denies it: "I don't think …", "the wrong answer is …"."""
    clause = clause_before(text, start)
    denied = wording.DENIAL.search(clause + text[start:end])
    return denied is not None or wording.NOT_THE_ANSWER.search(clause) is not None


def _is_wrong_too(match: re.Match[str], judged: Sequence[Claim]) -> bool:
    """Check whether "so is A" follows a judgement that another option is wrong."""
    before = [claim for claim in judged if claim.end <= match.start()]
    return bool(before) and not before[-1].asserts and wording.SO_IS.match(match.group()) is not None


def _is_no_choice(text: str, start: int) -> bool:
    """Check whether an announcement goes through every option, reports somebody's mistake, or is hypothetical."""
    before = text[max(0, start - 60) : start]
    return any(pattern.search(before) for pattern in (wording.FOR_EACH, wording.MISTAKEN, wording.SUPPOSED))


def _boxed(text: str, options: Sequence[str]) -> Iterator[Claim]:
    for match in wording.BOXED.finditer(text):
        yield Claim(start=match.start(), end=match.end(), options=_letters(match, options), asserts=True, is_final=True)


def _judged_lines(text: str, options: Sequence[str]) -> Iterator[Claim]:
    """Yield the lines such as "B) London - correct, since …"."""
    place = 0
    for line in text.split("\n"):
        match = wording.LINE_LETTER.fullmatch(line)
        if match and (index := option_index(match.group("letter"), options)) is not None:
            rest, after = match.group("rest"), 0
            if named := option_text_at(rest, 0, options):
                after = named[1]
            verdict = wording.LINE_VERDICT.match(rest, after)
            if (
                verdict
                and not wording.ONLY_IF.match(rest, verdict.end())
                and (after or len(match.group(0)) - len(rest) > 1)
            ):
                yield Claim(
                    start=place,
                    end=place + match.start("rest") + verdict.end(),
                    options=frozenset({index}),
                    asserts=bool(verdict.group("right")),
                )
        place += len(line) + 1


def _letters(match: re.Match[str], options: Sequence[str]) -> frozenset[int | None]:
    group = match.group("group")
    return frozenset(option_index(letter, options) for letter in _single_letters(group))


def _single_letters(group: str) -> list[str]:
    joined = {"y", "o", "e"}
    letters = _SINGLE_LETTER.findall(group)
    return [letter for i, letter in enumerate(letters) if not (letter in joined and 0 < i < len(letters) - 1)]


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern, each searched for from the end of the previous cue.

    "not B. So C" then yields both.
    """
    place = 0
    while match := pattern.search(text, place):
        yield match
        place = max(match.start("group"), match.start() + 1)


def _ends_there(text: str, end: int, options: Sequence[str], letters: frozenset[int | None]) -> bool:
    if wording.GOES_ON.match(text, end) or text[end - 1 : end] in ".)]}\"'":
        return True
    named = option_text_at(text, _after_marks(text, end), options)
    return named is not None and named[0] in letters


def _capital(text: str, end: int) -> bool:
    return text[end : end + 1] == " " and text[end + 1 : end + 2].isupper()


def is_in_question(text: str, end: int) -> bool:
    """Check whether the sentence around the position `end` goes on to a question mark."""
    return text[end - 1 : end] not in (".", "!") and wording.FOLLOWED_BY_QUESTION.match(text, end) is not None


def _after_marks(text: str, end: int) -> int:
    while end < len(text) and text[end] in " .):,-–—\"'":
        end += 1
    return end


def _joined_text(text: str, end: int, options: Sequence[str]) -> set[int]:
    join = wording.JOIN.match(text, end)
    named = option_text_at(text, join.end(), options) if join else None
    return {named[0]} if named else set()


@lru_cache(maxsize=512)
def option_pattern(options: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern for the options' texts, the longest first, without options of a single letter."""
    plain = {i: _plain(option) for i, option in enumerate(options)}
    worth = sorted((i for i in plain if len(plain[i]) > 1 or plain[i].isdigit()), key=lambda i: -len(plain[i]))
    if not worth:
        return None
    parts = (f"(?P<o{i}>{re.escape(plain[i])})" for i in worth)
    return re.compile(
        rf"(?:[\"'(]|the\s|an?\s)?(?:{'|'.join(parts)})(?![\w%])(?![.,]\d)(?!(?<=\d)\s?[-+*/×·÷^]\s?\d)", re.IGNORECASE
    )


@lru_cache(maxsize=512)
def _listing(options: tuple[str, ...]) -> re.Pattern[str] | None:
    if len(options) < 2:
        return None
    items = (
        rf"[(\[]?{chr(ord('A') + i)}[.):\]]{{1,2}}\s?[\"']?{re.escape(_plain(option))}[\"']?"
        r"[\s.,;|]{0,3}(?:and\s|or\s)?"
        for i, option in enumerate(options[:26])
    )
    return re.compile("".join(items), re.IGNORECASE)


def _plain(option: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", option).strip(" .").split())
