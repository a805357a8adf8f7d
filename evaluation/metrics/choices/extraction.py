"""Extraction of the option that a model chose from its answer, however it is worded.

Read from strict to flexible. What the answer claims last counts where it corrects itself; two options that are both
offered are no choice.

A model that goes through the options one by one and is stopped in the middle has named the first ones, and chosen none.
"""

import re
import unicodedata
from collections.abc import Sequence

from evaluation.metrics.answer_objects import answer_in_object
from evaluation.metrics.choices import patterns as wording
from evaluation.metrics.choices.choice import FLEXIBLE, NONE, SEVERAL, STRICT, Choice
from evaluation.metrics.choices.claim_resolution import claimed, denied_options, names_no_single_one, unless_withdrawn
from evaluation.metrics.choices.claims import Claim, claims, option_index, option_text_at, without_list
from evaluation.metrics.choices.mentions import mentions
from evaluation.metrics.choices.offers import unless_offered_with_another
from evaluation.metrics.choices.option_matching import named_option
from evaluation.metrics.choices.positions import alone, by_text, in_a_line, leading
from evaluation.metrics.label_extraction import NOT_EXTRACTED, leading_label

MAX_CHARS = 40_000
"""Characters read of an answer: of a longer one, half of this from the beginning and half from the end."""
_THINKING = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_OPEN_THINKING = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathsf|textrm|mathit|rm|bf)\s?\{([^{}]{0,200})\}")
_LATEX_MARKS = re.compile(r"\\[()\[\]]|\$(?=[A-Za-z(]\W)|(?<=[A-Za-z)])\$")
_EMPHASIS = re.compile(r"[*`]{1,3}|(?<!\w)_{1,2}(?=\S)|(?<=\S)_{1,2}(?!\w)|^\s{0,3}(?:#{1,6}|>)\s", re.MULTILINE)
_TAGS = re.compile(
    r"</?(?:b|i|em|strong|p|br|final|(?:\w{1,12}[_-])?(?:answer|choice|option|letter|response|result))\s?/?>",
    re.IGNORECASE,
)
_TIMES = re.compile(r"(?<=[\d)])(\s?)\*(\s?)(?=[\d($])")
_END_MARK = re.compile(r"</?s>|<\|(?:im_end|eot_id|end|endoftext|end_of_text)\|>|<(?:end_of_turn|eos)>")
_STRUCK = re.compile(r"~~[^~\n]{1,200}~~|<(del|s|strike)>.{0,200}?</\1>", re.IGNORECASE)
_PERCENT = re.compile(r"(?<=\d)(?: %|\\%)")
_QUOTES = str.maketrans(dict.fromkeys("“”„«»「」『』【】", '"') | dict.fromkeys("‘’‚‹›", "'"))


def readable(answer: str) -> str:
    """Return `answer` without thinking, emphasis, struck text, LaTeX wrappers and blank lines, with single blanks.

    For a JSON object, return its answer field.
    """
    if len(answer) > MAX_CHARS:
        answer = f"{answer[: MAX_CHARS // 2]}\n{answer[-MAX_CHARS // 2 :]}"
    *_, answer = _THINKING.split(answer)
    answer = _OPEN_THINKING.split(answer)[0]
    answer = answer_in_object(answer) or answer
    text = _STRUCK.sub(" ", unicodedata.normalize("NFKC", answer).translate(_QUOTES))
    text = _PERCENT.sub("%", text)
    text = _LATEX_TEXT.sub(r"\1", _LATEX_TEXT.sub(r"\1", _TAGS.sub(" ", _END_MARK.sub("\n", text))))
    text = _EMPHASIS.sub("", _TIMES.sub(r"\1×\2", _LATEX_MARKS.sub("", text)))
    text = wording.AFTER_TICK.sub("\n", "\n".join(" ".join(line.split()) for line in text.splitlines()))
    return "\n".join(filter(None, text.split("\n")))


_OPEN_END = re.compile(
    r"(?:[,(\[]|(?<!\w)(?:the|an|of|and|or|to|with|in|at|by|for|from|is|are|was|were|that|which|because|since|than|"
    r"then|we|it's|however|but|if|when|while|its|their|we're|has|have|as|(?-i:a))[,:]?)\s*$",
    re.IGNORECASE,
)
"""Ending with a word or a mark that cannot end a sentence."""
_JOINS = re.compile(r"(?<!\w)(?:or|and|but|however),?\s*$", re.IGNORECASE)
_LETTER = re.compile(r"(?<![\w'’])[(\[]?(?P<letter>[A-Z])[).:\]]{1,2}\s?(?=[^\n]{1,200}$)")
_SENTENCE_END = re.compile(r"(?<!\W[A-Z])(?<!^[A-Z])[.!?](?=\s)|[。！？]|\n")
_ENDED = re.compile(r"[.!?。！？)\]\"']\s*$")
_FIRST = re.compile(r"(?:option\s|choice\s)?[(\[]?A[).:\]]{1,2}\s", re.IGNORECASE)
_DESCRIBES = re.compile(r"[\"')]{0,2}(?::|\s?[–—-]\s|\n)")
_LONG = 40
"""Characters after an option's text; with a short token limit fewer follow, and the letter is the answer."""
_ITEM = re.compile(r"\n(?:[-•–]\s?)?(?:option\s|choice\s)?[(\[]?(?P<letter>A)[).:\]]{1,2}\s", re.IGNORECASE)
_ITEM_TEXT = re.compile(r"\n(?:[-•–]\s?|\d[.)]\s?)?(?=\w)")


def is_unfinished(text: str, options: Sequence[str]) -> bool:
    """Check whether a readable text breaks off: inside an option's text, or after a word that ends no sentence."""
    return _OPEN_END.search(text[-80:]) is not None or _breaks_off_in_option(text, options)


def settled_part(text: str, options: Sequence[str]) -> str:
    """Return a truncated text without its last, broken sentence and without an unfinished list of the options."""
    if not _ENDED.search(text[-8:]):
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        text = text[: ends[-1]].rstrip() if ends else ""
    return text[: _unfinished_list(text, options)].rstrip()


def is_description(text: str, options: Sequence[str]) -> bool:
    """Check whether a single broken sentence begins with the first option and describes it, as a list would."""
    match = _FIRST.match(text)
    named = option_text_at(text, match.end() if match else 0, options)
    if named is None or named[0] != 0:
        return False
    return _DESCRIBES.match(text, named[1]) is not None or (match is not None and len(text) - named[1] > _LONG)


def joins_more(text: str) -> bool:
    """Check whether a truncated text was about to add another option, or an argument against the last one."""
    return _JOINS.search(text[-20:]) is not None


def _breaks_off_in_option(text: str, options: Sequence[str]) -> bool:
    end = text[-240:]
    *_, match = [None, *_LETTER.finditer(end)]
    index = option_index(match["letter"], options) if match else None
    if match is None or index is None:
        return False
    written, whole = (" ".join(part.split()).casefold() for part in (end[match.end() :], options[index]))
    return (
        len(written) < len(whole)
        and whole.startswith(written)
        and whole[len(written)].isalnum()
        and written[-1].isalnum()
    )


def _unfinished_list(text: str, options: Sequence[str]) -> int:
    """Return where a list of options that lacks the last one begins, after other words; else the text's end."""
    match = _ITEM.search(text)
    start = match.start() if match else None
    if start is None:
        start = next(
            (
                item.start()
                for item in _ITEM_TEXT.finditer(text)
                if (named := option_text_at(text, item.end(), options))
                and named[0] == 0
                and text[named[1] : named[1] + 1] == ":"
            ),
            None,
        )
    if start is None:
        return len(text)
    last = chr(ord("A") + len(options) - 1)
    finished = re.search(rf"\n(?:[-•–]\s?)?(?:option\s|choice\s)?[(\[]?{last}[).:\]]", text[start:], re.IGNORECASE)
    named_last = options[-1].casefold() in text[start:].casefold()
    return len(text) if finished or named_last else start


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
    """Split the text at a further question that the model asks itself: before it, its first word, and after it."""
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
    """Return the option that the position of its letter or text shows to be the choice, unless it is called wrong."""
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
    """Return the option whose letter or text begins a single unfinished sentence."""
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
    """Return the index of the option that "none of these" or "all of these" alone means.

    None unless exactly one option reads so.
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
