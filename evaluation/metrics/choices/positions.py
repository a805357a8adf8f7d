"""Choices that no phrase announces, recognised by the position of letters and option texts in the answer."""

import re
from collections.abc import Collection, Sequence

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.choice import FLEXIBLE, NONE, SEVERAL, Choice
from evaluation.metrics.choices.claim_resolution import denied_options, offered_too
from evaluation.metrics.choices.claims import Claim, is_in_question, joined, option_index, option_text_at
from evaluation.metrics.choices.mentions import Mention, mentions
from evaluation.metrics.choices.option_matching import named_option
from evaluation.metrics.choices.proper_names import is_in_a_name
from evaluation.metrics.choices.reported_choices import is_of_others, others_say
from evaluation.metrics.label_extraction import chosen_label, is_denied

_NOTHING_MORE = re.compile(r"[\"').,;! ]*(?:$|\n)")


def in_a_line(text: str, options: Sequence[str], claims: Sequence[Claim] = ()) -> Choice | None:
    """Return a letter, with or without its option's text, that has a line to itself.

    Lines that only repeat the options do not count.
    """
    lines = text.split("\n")
    named = [named_option(line, options) for line in lines]
    if len(lines) == 1:
        return None
    listed = _listed(named)
    indices = {index for i, index in enumerate(named) if index is not None and i not in listed}
    return None if not indices else _one_of(indices)


def _listed(named: Sequence[int | None]) -> set[int]:
    """Return the positions of lines that list the options from the first one on."""
    listed: set[int] = set()
    for start, index in enumerate(named):
        if index == 0:
            end = start
            while end < len(named) and named[end] == end - start:
                end += 1
            if end - start > 1:
                listed |= set(range(start, end))
    return listed


def leading(text: str, options: Sequence[str], claims: Sequence[Claim] = ()) -> Choice | None:
    """Return the letter that begins the answer, unless another stands beside it or begins a line."""
    match = wording.LEADS.match(text)
    if match is None:
        return None
    index = option_index(match.group("letter"), options)
    if index is None or is_denied(text, match.start("letter"), match.end("letter")):
        return None
    if wording.IN_TURN.match(text, match.end("letter")) or is_of_others(text, match.end("letter")):
        return None
    if any(not claim.asserts and claim.start <= match.start("letter") < claim.end for claim in claims):
        return None
    if wording.SEVERAL.match(text, match.start()) or wording.ALTERNATIVE.match(text, match.end("letter")):
        return SEVERAL
    subjects = {option_index(place.group("letter"), options) for place in wording.SUBJECT.finditer(text)}
    if len(subjects - (denied_options(claims) - {index})) > 1:
        return SEVERAL
    beside = re.finditer(r"(?<![\w'])[A-Z](?![\w'])(?!\s(?!or|and|as)[a-z])", text[: match.end() + 9])
    if len({place.group() for place in beside if not is_denied(text, place.start(), place.end())}) > 1:
        return SEVERAL
    if _has_another_text(text, match.end(), index, options) or offered_too(text, match.end(), options) - {index}:
        return SEVERAL
    lines = [named_option(line, options) for line in text.split("\n")]
    leading = {
        option_index(place.group("letter"), options)
        for line in text.split("\n")
        if (place := wording.LEADS.match(line))
    }
    return (
        _one_of({*leading, *(i for i in lines if i is not None)} - {None})
        if len(lines) > 1
        else Choice(index, FLEXIBLE)
    )


def _has_another_text(text: str, end: int, index: int, options: Sequence[str]) -> bool:
    """Check whether a letter is followed by nothing but another option's text: "A. London", where London is B."""
    of_text = option_text_at(text, end + (text[end : end + 1] == " "), options)
    return of_text is not None and of_text[0] != index and _NOTHING_MORE.match(text, of_text[1]) is not None


def alone(text: str, options: Sequence[str], claims: Sequence[Claim]) -> Choice | None:
    """Return the letter that stands by itself: in brackets, after "option", or between two marks."""
    indices: set[int | None] = set()
    for match in wording.SEVERAL.finditer(text):
        if not is_in_question(text, match.end()):
            letters = re.findall(r"(?<!\w)[A-Z](?!\w)", match.group())
            named = joined(frozenset(option_index(letter, options) for letter in letters), options)
            indices |= named if None not in named else set()
    for match in wording.ALONE.finditer(text):
        name = match.lastgroup or ""
        if (name == "leading" and match.group(name).islower()) or is_in_a_name(text, match.start()):
            continue
        if others_say(text, match.start()) or is_of_others(text, match.end(name)):
            continue
        is_weighed = wording.WEIGHED.search(text[max(0, match.start() - 40) : match.start()])
        if is_weighed or wording.DENIED_BEHIND.match(text, match.end()):
            continue
        if not is_denied(text, match.start(), match.end()) and not is_in_question(text, match.end()):
            indices.add(option_index(match.group(name), options))
    indices -= {None, *denied_options(claims)}
    return _one_of(indices) if indices else None


def by_text(text: str, options: Sequence[str]) -> Choice:
    """Return the option whose text begins the answer, or is the only one named and not left open."""
    label = chosen_label(text, options)
    if label is None:
        return SEVERAL if sum(_mentions(text, option) for option in options) > 1 else NONE
    index = list(options).index(label)
    places = [named for named in mentions(text, options) if named.index == index]
    if places and all(_is_left_open(text, place) for place in places):
        return NONE
    return Choice(index, FLEXIBLE)


def _is_left_open(text: str, place: Mention) -> bool:
    """Check whether the option named there is attributed to others, only considered, or asked about."""
    if is_in_question(text, place.end) and not wording.AFFIRMED.match(text, place.end):
        return True
    before = text[max(0, place.start - 80) : place.start]
    clause = wording.CLAUSE_END.split(before)[-1]
    is_open = wording.WEIGHED.search(before) or wording.UNDECIDED.search(clause) or wording.SUPPOSED.search(before)
    return (place.start > 0 and others_say(text, place.start)) or is_open is not None


def _mentions(text: str, option: str) -> bool:
    return len(option) > 1 and option.casefold() in text.casefold()


def _one_of(indices: Collection[int | None]) -> Choice:
    return Choice(next(iter(indices)), FLEXIBLE) if len(indices) == 1 else SEVERAL
