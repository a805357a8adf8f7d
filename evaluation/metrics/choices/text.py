"""An answer as text in which choices can be looked for: without thinking, emphasis and wrappers."""

import re
import unicodedata

from evaluation.metrics.answer_objects import answer_in_object
from evaluation.metrics.choices import patterns as wording

MAX_CHARS = 40_000
"""Of a longer answer the beginning and the end are read, half of this each."""

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
    """Return `answer` without thinking, emphasis, struck text and LaTeX's wrappers, with single blanks.

    Without blank lines.

    Of a JSON object, what it has as its answer.
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
