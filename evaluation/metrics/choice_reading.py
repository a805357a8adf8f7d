"""Which option did the model choose, in whatever words it said so?

Read from strict to flexible. What the answer claims last counts where it corrects itself; two options that are both
offered are no choice.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evaluation.metrics import choice_wording as wording
from evaluation.metrics.choice_claims import (
    Claim,
    claims,
    is_asked,
    joined,
    option_index,
    option_text_at,
    others_say,
    readable,
    without_list,
)
from evaluation.metrics.extraction import NOT_EXTRACTED, chosen_label, is_denied, named_label

STRICT = "strict"
FLEXIBLE = "flexible"
AMBIGUOUS = "ambiguous"

_NOTHING_BUT = re.compile(r"[^\w¬~≠]*(?P<letter>[A-Za-z])[^\w+#?/]*")
_LEADING = re.compile(r"\W*(?P<letter>[A-Za-z])\W*[).:,\]\n]")
_NOTHING_MORE = re.compile(r"[\"').,;! ]*(?:$|\n)")
_LEADS = re.compile(
    r"[(\[\"']{0,2}(?:option\s|choice\s|answer\s)?[(\[\"']{0,2}(?P<letter>[A-Za-z])(?:[)\]\"']{0,2}[).:,\]\n;–—]|[)\]]|"
    r"\s\((?=[^()]{1,80}\)[.!]?$)|\s(?:-|–|—|because|since|as|is|,|instead|rather|over|of\scourse|but\snot|I\s(?:think|believe|guess)|it\sis)(?!\w))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was read from an answer."""

    index: int | None
    """Of the chosen option; None where none was read."""
    stage: str
    """`strict` or `flexible` with a choice; `ambiguous` for several options, `not_extracted` for none."""


_NONE = Choice(None, NOT_EXTRACTED)
_SEVERAL = Choice(None, AMBIGUOUS)


def chosen_option(answer: str, options: Sequence[str]) -> Choice:
    """The option that `answer` chooses, and by which stage it was read.

    `strict`: the answer is a letter, an option's text, or both. `flexible`: the answer announces a letter or a text
    ("the answer is B", "I choose London", "A is right"); else a letter leads the answer or ends it in a line of its
    own; else one stands by itself; else an option's text leads it, or is the only one mentioned.
    """
    index = named_option(answer, options)
    if index is not None:
        return Choice(index, STRICT)
    text = readable(answer)
    own, next_question, _ = _until_next_question(text)
    choice = _flexibly_chosen(own, options)
    return _flexibly_chosen(text, options) if next_question and choice.stage == NOT_EXTRACTED else choice


def _until_next_question(text: str) -> tuple[str, str, str]:
    """What precedes a further question that the model asks itself, that question's first word, and what follows."""
    match = wording.NEXT_QUESTION.search(text)
    return (text[: match.start()], match.group(), text[match.end() :]) if match else (text, "", "")


def named_option(text: str, options: Sequence[str]) -> int | None:
    """Index of the option that a text is: its letter, else its text, or both; None where it is none."""
    match = _NOTHING_BUT.fullmatch(text)
    index = option_index(match.group("letter"), options) if match else None
    if index is None:
        index = _index_of_text(text, options)
    if index is not None:
        return index
    leading = _LEADING.match(text)
    index = option_index(leading.group("letter"), options) if leading else None
    if leading and index is not None and _index_of_text(text[leading.end() :], options) == index:
        return index
    return None


def other_option(text: str, options: Sequence[str]) -> int | None:
    """Index of the option whose text `text` is, where it is the letter of another one."""
    by_text = _index_of_text(text, options)
    return by_text if named_option(text, options) != by_text else None


def _flexibly_chosen(text: str, options: Sequence[str]) -> Choice:
    if not text:
        return _NONE
    index = named_option(text, options)
    if index is not None:
        return Choice(index, FLEXIBLE)
    text = without_list(text, options)
    said = claims(text, options)
    stages = (
        _claimed(text, said, options),
        _in_a_line(text, options),
        _leading(text, options),
        _alone(text, options, said),
    )
    for settled in stages:
        if settled is not None:
            return _unless_denied(settled, said) if settled is not stages[0] else settled
    if (index := _joint_option(text, options)) is not None:
        return Choice(index, FLEXIBLE)
    if _names_no_single_one(text, 0, options):
        return _SEVERAL
    return _by_text(text, options)


def _claimed(text: str, said: Sequence[Claim], options: Sequence[str]) -> Choice | None:
    """The last assertion, where the others agree with it or it corrects them."""
    asserted = [claim for claim in said if claim.asserts]
    asserted = [claim for claim in asserted if claim.options != {None}] or asserted
    if not asserted:
        return None
    last = asserted[-1]
    if len(last.options) > 1:
        return _SEVERAL
    (index,) = last.options
    others = [claim for claim in asserted if claim.options != last.options]
    if others and (others[-1].is_final or not last.is_final) and not _settles(text, others[-1], last):
        return _SEVERAL
    if wording.ALSO_LEADS.match(text, last.start) or _goes_on_with_another(text, last, said, options):
        return _SEVERAL
    if any(index in claim.options for claim in said if not claim.asserts and claim.start >= last.end):
        return _SEVERAL
    too = _offered_too(text, last.start, options)
    led = _LEADS.match(text)
    is_second = led is not None and option_index(led.group("letter"), options) not in (None, index)
    if too - {index} or (too and (is_second or wording.NOT_ONLY.search(text, 0, last.end))):
        return _SEVERAL
    if _names_no_single_one(text, last.end, options) or wording.ALTERNATIVE.match(text, last.end):
        return _SEVERAL
    return _NONE if index is None else Choice(index, FLEXIBLE)


def _offered_too(text: str, start: int, options: Sequence[str]) -> set[int | None]:
    """Options that are offered beside the one chosen, from `start` on: "but B is also acceptable"."""
    return {
        option_index(match.group(match.lastgroup or 0), options)
        for match in wording.OFFERED_TOO.finditer(text, start)
        if not is_denied(text, match.start(), match.end()) and not is_asked(text, match.end())
    } - {None}


def _names_no_single_one(text: str, start: int, options: Sequence[str]) -> bool:
    """Whether it is "all of the above" or the like, from `start` on, where no option says so."""
    if any(wording.NO_SINGLE_ANSWER.match(option) for option in options):
        return False
    return wording.NO_SINGLE_ANSWER.search(text, start) is not None


def _joint_option(text: str, options: Sequence[str]) -> int | None:
    """Index of the option that is meant by "none of these" alone, where one option is none, or all, of the others."""
    if not wording.NO_SINGLE_ANSWER.fullmatch(text.rstrip(".!")):
        return None
    quantity = text.split()[0].casefold()
    alike = [
        index
        for index, option in enumerate(options)
        if wording.NO_SINGLE_ANSWER.match(option) and option.split()[0].casefold() == quantity
    ]
    return alike[0] if len(alike) == 1 else None


def _goes_on_with_another(text: str, last: Claim, said: Sequence[Claim], options: Sequence[str]) -> bool:
    """Whether the line after a choice is nothing but another option's letter, which is not called wrong."""
    here, _, following = text[last.end :].partition("\n")
    match = _NOTHING_BUT.fullmatch(following.partition("\n")[0])
    if match is None or here.strip(" .)\"'"):
        return False
    return option_index(match["letter"], options) not in {None, *last.options, *_denied(said)}


def _settles(text: str, earlier: Claim, last: Claim) -> bool:
    """Whether the last claim corrects the earlier one, or decides between the options that it offered."""
    offers = last.options < earlier.options and " or " in text[earlier.start : earlier.end]
    return offers or _corrects(text, earlier, last)


def _corrects(text: str, earlier: Claim, last: Claim) -> bool:
    if wording.ALSO.search(text, earlier.end, min(len(text), last.end + 12)):
        return False
    return wording.CORRECTION.search(text, earlier.end, min(len(text), last.start + 14)) is not None


def _in_a_line(text: str, options: Sequence[str]) -> Choice | None:
    """A letter, with or without its option's text, alone in a line; lines that only repeat the options do not count."""
    lines = text.split("\n")
    named = [named_option(line, options) for line in lines]
    if len(lines) == 1:
        return None
    listed = _listed(named)
    found = {index for i, index in enumerate(named) if index is not None and i not in listed}
    return None if not found else _one_of(found)


def _listed(named: Sequence[int | None]) -> set[int]:
    """Places of lines that list the options from the first one on."""
    listed: set[int] = set()
    for start, index in enumerate(named):
        if index == 0:
            end = start
            while end < len(named) and named[end] == end - start:
                end += 1
            if end - start > 1:
                listed |= set(range(start, end))
    return listed


def _leading(text: str, options: Sequence[str]) -> Choice | None:
    match = _LEADS.match(text)
    if match is None:
        return None
    index = option_index(match.group("letter"), options)
    if index is None or is_denied(text, match.start("letter"), match.end("letter")):
        return None
    if wording.SEVERAL.match(text, match.start()) or wording.ALTERNATIVE.match(text, match.end("letter")):
        return _SEVERAL
    if len({found.group("letter").upper() for found in wording.SUBJECT.finditer(text)}) > 1:
        return _SEVERAL
    beside = re.finditer(r"(?<![\w'])[A-Z](?![\w'])(?!\s(?!or|and|as)[a-z])", text[: match.end() + 9])
    if len({found.group() for found in beside if not is_denied(text, found.start(), found.end())}) > 1:
        return _SEVERAL
    if _has_another_text(text, match.end(), index, options) or _offered_too(text, match.end(), options) - {index}:
        return _SEVERAL
    lines = [named_option(line, options) for line in text.split("\n")]
    leading = {
        option_index(found.group("letter"), options) for line in text.split("\n") if (found := _LEADS.match(line))
    }
    return (
        _one_of({*leading, *(i for i in lines if i is not None)} - {None})
        if len(lines) > 1
        else Choice(index, FLEXIBLE)
    )


def _has_another_text(text: str, end: int, index: int, options: Sequence[str]) -> bool:
    """Whether nothing but another option's text follows a letter: "A. London", where London is B."""
    of_text = option_text_at(text, end + (text[end : end + 1] == " "), options)
    return of_text is not None and of_text[0] != index and _NOTHING_MORE.match(text, of_text[1]) is not None


def _alone(text: str, options: Sequence[str], said: Sequence[Claim]) -> Choice | None:
    found: set[int | None] = set()
    for match in wording.SEVERAL.finditer(text):
        if not is_asked(text, match.end()):
            letters = re.findall(r"(?<!\w)[A-Z](?!\w)", match.group())
            named = joined(frozenset(option_index(letter, options) for letter in letters), options)
            found |= named if None not in named else set()
    for match in wording.ALONE.finditer(text):
        name = match.lastgroup or ""
        if (name == "leading" and match.group(name).islower()) or wording.NO_CHOICE_AFTER.search(
            text[max(0, match.start() - 14) : match.start()]
        ):
            continue
        if not is_denied(text, match.start(), match.end()) and not is_asked(text, match.end()):
            found.add(option_index(match.group(name), options))
    found -= {None, *_denied(said)}
    return _one_of(found) if found else None


def _by_text(text: str, options: Sequence[str]) -> Choice:
    label = chosen_label(text, options)
    if label is not None:
        start = text.casefold().find(label.casefold())
        return _NONE if start > 0 and others_say(text, start) else Choice(list(options).index(label), FLEXIBLE)
    return _SEVERAL if sum(_mentions(text, option, options) for option in options) > 1 else _NONE


def _mentions(text: str, option: str, options: Sequence[str]) -> bool:
    return len(option) > 1 and option.casefold() in text.casefold()


def _one_of(found: Collection[int | None]) -> Choice:
    return Choice(next(iter(found)), FLEXIBLE) if len(found) == 1 else _SEVERAL


def _unless_denied(choice: Choice, said: Sequence[Claim]) -> Choice:
    return _SEVERAL if choice.index in _denied(said) else choice


def _denied(said: Sequence[Claim]) -> set[int | None]:
    return {index for claim in said if not claim.asserts for index in claim.options}


def _index_of_text(text: str, options: Sequence[str]) -> int | None:
    label = named_label(text, options)
    return None if label is None else list(options).index(label)
