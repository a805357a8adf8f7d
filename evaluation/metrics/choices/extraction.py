"""Which option did the model choose, in whatever words it said so?

Read from strict to flexible. What the answer claims last counts where it corrects itself; two options that are both
offered are no choice.
"""

from collections.abc import Sequence

from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.choice import FLEXIBLE, NONE, SEVERAL, STRICT, Choice
from evaluation.metrics.choices.claims import Claim, claims, without_list
from evaluation.metrics.choices.mentions import mentions
from evaluation.metrics.choices.offers import unless_offered_with_another
from evaluation.metrics.choices.option_matching import named_option
from evaluation.metrics.choices.positions import alone, by_text, in_a_line, leading
from evaluation.metrics.choices.settlement import claimed, denied_options, names_no_single_one, unless_withdrawn
from evaluation.metrics.choices.text import readable
from evaluation.metrics.choices.truncated import is_description, is_unfinished, joins_more, settled_part
from evaluation.metrics.extraction import NOT_EXTRACTED, leading_label


def chosen_option(answer: str, options: Sequence[str], *, question: str = "", cut_off: bool = False) -> Choice:
    """Return the option that `answer` chooses, and by which stage it was read.

    `strict`: the answer is a letter, an option's text, or both. `flexible`: the answer announces a letter or a text
    ("the answer is B", "I choose London", "A is right"); else a letter leads the answer or ends it in a line of its
    own; else one stands by itself; else an option's text leads it, or is the only one mentioned. Of an answer that was
    cut off (`cut_off`: its server says so) only an announced choice counts in what it did not finish.
    """
    index = named_option(answer, options)
    if index is not None:
        return Choice(index, STRICT)
    text = readable(answer)
    own, next_question, _ = _until_next_question(text)
    choice = _flexibly_chosen(own, options, question, cut_off=cut_off and not next_question)
    if next_question and choice.stage == NOT_EXTRACTED:
        return _flexibly_chosen(text, options, question, cut_off=cut_off)
    return choice


def _until_next_question(text: str) -> tuple[str, str, str]:
    """Return what precedes a further question that the model asks itself, that question's first word.

    And what follows.
    """
    match = wording.NEXT_QUESTION.search(text)
    return (text[: match.start()], match.group(), text[match.end() :]) if match else (text, "", "")


def _flexibly_chosen(text: str, options: Sequence[str], question: str, *, cut_off: bool) -> Choice:
    if not text:
        return NONE
    index = named_option(text, options)
    if index is not None:
        return Choice(index, FLEXIBLE)
    text = without_list(text, options)
    answer_claims = claims(text, options, question)
    cut_off = cut_off or is_unfinished(text, options)
    settled = None if cut_off and joins_more(text) else claimed(text, answer_claims, options)
    if settled is None:
        settled = _by_place(text, answer_claims, options, cut_off=cut_off)
    settled = unless_withdrawn(text, settled, answer_claims, options)
    return settled if cut_off else unless_offered_with_another(text, settled, answer_claims, options)


def _by_place(text: str, answer_claims: Sequence[Claim], options: Sequence[str], *, cut_off: bool) -> Choice:
    """Return the option that a letter's or a text's place shows to be the choice, unless the answer calls it wrong."""
    whole = text
    if cut_off:
        text = settled_part(whole, options)
        if not text or joins_more(whole):
            return (
                NONE if text or is_description(whole, options) else _unless_denied(_led(whole, options), answer_claims)
            )
        if is_description(text, options) and _names_another(whole, 0, options):
            return SEVERAL
    for stage in (in_a_line, leading):
        if (settled := stage(text, options, answer_claims)) is not None:
            return _unless_denied(settled, answer_claims)
    if (settled := alone(text, options, answer_claims)) is None:
        settled = _by_text(text, options)
    if cut_off and _names_another(whole, settled.index, options):
        return SEVERAL
    return _unless_denied(settled, answer_claims)


def _led(text: str, options: Sequence[str]) -> Choice:
    """Return the option whose letter or text leads one unfinished sentence."""
    settled = leading(text, options)
    label = leading_label(text, options) if settled is None else None
    return settled or (Choice(list(options).index(label), FLEXIBLE) if label is not None else NONE)


def _names_another(text: str, index: int | None, options: Sequence[str]) -> bool:
    return any(named.index != index for named in mentions(text, options))


def _by_text(text: str, options: Sequence[str]) -> Choice:
    if (index := _joint_option(text, options)) is not None:
        return Choice(index, FLEXIBLE)
    return SEVERAL if names_no_single_one(text, 0, options) else by_text(text, options)


def _unless_denied(choice: Choice, answer_claims: Sequence[Claim]) -> Choice:
    return SEVERAL if choice.index in denied_options(answer_claims) else choice


def _joint_option(text: str, options: Sequence[str]) -> int | None:
    """Return the index of the option that is meant by "none of these" alone, where one option is none, or all.

    Of the others.
    """
    if not wording.NO_SINGLE_ANSWER.fullmatch(text.rstrip(".!")):
        return None
    quantity = text.split()[0].casefold()
    alike = [
        index
        for index, option in enumerate(options)
        if wording.NO_SINGLE_ANSWER.match(option) and option.split()[0].casefold() == quantity
    ]
    return alike[0] if len(alike) == 1 else None
