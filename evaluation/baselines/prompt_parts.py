"""The text, question and options of a rendered prompt, split by the headings of the default templates."""

import re
from dataclasses import dataclass

_CONTEXT = re.compile(r"^(?:Context|Passage|Article|Document):[ \t]*\n?", re.MULTILINE)
_QUESTION = re.compile(r"^Question:[ \t]*", re.MULTILINE)
_TEXT = re.compile(r"^Text:[ \t]*\n?", re.MULTILINE)
_LABELS = re.compile(r"^Labels:[ \t]*(.+)$", re.MULTILINE)
_LETTERED = re.compile(r"^([A-Z])[.)][ \t]+(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptParts:
    """The parts of a prompt. Parts that the prompt lacks are empty."""

    body: str
    """The context, the document or the text, else the whole prompt."""
    question: str
    labels: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    """Texts of the options A, B, C, … in order."""

    @property
    def options(self) -> tuple[str, ...]:
        """The possible answers: the labels, or the letters of the choices."""
        return self.labels or tuple(chr(ord("A") + index) for index in range(len(self.choices)))


def parts_of(prompt: str) -> PromptParts:
    """Split `prompt` into its parts; a prompt of another layout is all body."""
    for read in (_classification, _question_with_context, _document, _multiple_choice):
        parts = read(prompt)
        if parts is not None:
            return parts
    return PromptParts(body=prompt, question=prompt)


def _classification(prompt: str) -> PromptParts | None:
    labels = _last(_LABELS, prompt)
    if labels is None:
        return None
    start = _TEXT.search(prompt, 0, labels.start())
    body = prompt[start.end() if start else 0 : labels.start()].strip()
    names = tuple(name for part in labels.group(1).split(",") if (name := part.strip().rstrip(".")))
    return PromptParts(body=body or prompt, question=body or prompt, labels=names)


def _question_with_context(prompt: str) -> PromptParts | None:
    start, question = _CONTEXT.search(prompt), _last(_QUESTION, prompt)
    if question is None or start is None or question.start() < start.end():
        return None
    question_text, choices = _without_choices(prompt[question.end() :])
    # The last paragraph says how to answer, not what is asked.
    question_text = question_text.split("\n\n")[0].strip()
    body = prompt[start.end() : question.start()].strip()
    return PromptParts(body=body or question_text or prompt, question=question_text or prompt, choices=choices)


def _document(prompt: str) -> PromptParts | None:
    start = _CONTEXT.search(prompt)
    if start is None:
        return None
    text, _, instruction = prompt[start.end() :].strip().rpartition("\n\n")
    if not text.strip():
        return PromptParts(body=instruction.strip() or prompt, question=prompt)
    return PromptParts(body=text.strip(), question=instruction.strip())


def _multiple_choice(prompt: str) -> PromptParts | None:
    question, choices = _without_choices(prompt)
    if not choices:
        return None
    question = question.strip() or prompt
    return PromptParts(body=question, question=question, choices=choices)


def _without_choices(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text before the last block of lines `A. …`, `B. …`, and the texts of that block."""
    lines = text.split("\n")
    lettered = [_LETTERED.match(line.strip()) for line in lines]
    for first in range(len(lines) - 1, -1, -1):
        choices: list[str] = []
        for match in lettered[first:]:
            if match is None or match.group(1) != chr(ord("A") + len(choices)):
                break
            choices.append(match.group(2).strip())
        if len(choices) > 1:
            return "\n".join(lines[:first]), tuple(choices)
    return text, ()


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    last = None
    for match in pattern.finditer(text):
        last = match
    return last
