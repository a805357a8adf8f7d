"""Cases as raters see them: without names, order or exact times that would identify a candidate."""

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap

from evaluation.escaping import for_markdown, one_line
from evaluation.records.reviews import ReviewItem, ReviewQuestion, ReviewRecord
from evaluation.requests.review_request import LEAST, MOST
from evaluation.results.reviews import BlindedAnswer, BlindedCase, BlindedMessage

LETTERS = "ABCD"
SPEED = "speed"
NO_ANSWER = "(no answer)"
LONGEST_SHOWN = 20_000
"""Characters of a text; the end of a longer one is cut."""
LONGEST_HINT = 1_000
_ROOM = 108
"""Characters that fit side by side on a Prefect page."""
NO_BREAK = "\u00a0"
MEANING: Mapping[str, str] = {
    "accuracy": "is what it says right?",
    "completeness": "is all there that was asked for?",
    "relevance": "does it keep to the question?",
    SPEED: "is it fast enough?",
}


def letter(position: int) -> str:
    """Return the letter of an output in an item: `A` for the first."""
    return LETTERS[position]


def criteria_of(review: ReviewRecord, item: ReviewItem) -> tuple[str, ...]:
    """Criteria by which the answers of an item are graded: speed only if every time is known."""
    is_timed = all(output.total_s is not None for output in item.outputs)
    return tuple(name for name in review.criteria if name != SPEED or is_timed)


def shown_time(total_s: float | None) -> str:
    """Return `about 2 s`, to one significant digit, since more would tell candidates apart."""
    if total_s is None:
        return "not measured"
    return f"about {float(f'{total_s:.0e}'):g} s"


def cut(text: str) -> str:
    """Return the text, with its end cut off where it is very long."""
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[:LONGEST_SHOWN]} … ({len(text) - LONGEST_SHOWN:,} more letters are not shown)"


def how_to_rate(review: ReviewRecord) -> list[str]:
    """Return the instructions for a rater, with a line for each criterion."""
    if not review.criteria:
        return ["Say which of the two answers is better, or that they are equally good."]
    lead = f"Grade each answer from {LEAST} (worst) to {MOST} (best):"
    return [lead, *(f"{name}: {MEANING[name]}" for name in review.criteria)]


def cases_title(items: Sequence[ReviewItem], n_items: int) -> str:
    """Return `Cases 1 to 3 of 10`."""
    first, last = items[0].position + 1, items[-1].position + 1
    return f"Case {first} of {n_items}" if first == last else f"Cases {first} to {last} of {n_items}"


def blinded_case(review: ReviewRecord, item: ReviewItem) -> BlindedCase:
    """Return a case as data, with what the form and the terminal show of it and nothing else."""
    criteria = criteria_of(review, item)
    return BlindedCase(
        case=item.position + 1,
        messages=tuple(BlindedMessage(role=each.role, content=cut(each.content)) for each in item.question.messages),
        references=tuple(cut(text) for text in item.question.references),
        answers=tuple(
            BlindedAnswer(
                letter=letter(position),
                answer=cut(output.answer),
                time=shown_time(output.total_s) if SPEED in criteria else None,
            )
            for position, output in enumerate(item.outputs)
        ),
        criteria=criteria,
    )


def page_as_markdown(review: ReviewRecord, items: Sequence[ReviewItem], *, refused: str | None = None) -> str:
    """Return some cases with their answers side by side, as text that no answer can turn into markup.

    Args:
        review: The review to which they belong.
        items: The items to show.
        refused: Why the ratings given for them before were not stored.
    """
    parts = [f"# {cases_title(items, len(review.items))} · {for_markdown(review.benchmark_name)}"]
    parts += [f"**Not stored:** {for_markdown(refused)}"] if refused else []
    lead, *criteria = how_to_rate(review)
    parts += [for_markdown(lead), "\n".join(f"- {for_markdown(line)}" for line in criteria)]
    for item in items:
        parts += [f"## Case {item.position + 1}", _question(item.question), _answers(review, item)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _question(question: ReviewQuestion) -> str:
    return "\n\n".join(f"**{for_markdown(title)}:** {as_cell(text)}" for title, text in _question_parts(question))


def _question_parts(question: ReviewQuestion) -> list[tuple[str, str]]:
    """Return the titles and texts of the prompt and of the references."""
    messages, references = question.messages, question.references
    titles = ["Asked" if len(messages) == 1 else f"Asked, {message.role}" for message in messages]
    titled_messages = [(title, message.content) for title, message in zip(titles, messages, strict=True)]
    return titled_messages + [
        ("Right" if len(references) == 1 else f"Right, {n}", text) for n, text in enumerate(references, 1)
    ]


def _answers(review: ReviewRecord, item: ReviewItem) -> str:
    letters = [letter(position) for position in range(len(item.outputs))]
    width = _ROOM // len(letters)
    lines = [
        "| " + " | ".join(letters) + " |",
        "| " + " | ".join("---" for _ in letters) + " |",
        "| " + " | ".join(as_cell(output.answer, width=width) or NO_ANSWER for output in item.outputs) + " |",
    ]
    if SPEED in criteria_of(review, item):
        lines.append("| " + " | ".join(f"*{shown_time(output.total_s)}*" for output in item.outputs) + " |")
    return "\n".join(lines)


def as_cell(text: str, *, width: int | None = None) -> str:
    """Return a text of several lines as a table cell that shows exactly these characters.

    Args:
        text: Any text, whoever wrote it.
        width: Maximum number of characters in a line: Prefect's older pages break no line in a table. None: unlimited.
    """
    lines = [part for line in cut(text).strip("\n").split("\n") for part in _folded(line, width)]
    return "<br>".join(_indent(line) + for_markdown(line) for line in lines) if text.strip() else ""


def _folded(line: str, width: int | None) -> list[str]:
    expanded = line.expandtabs(4)
    return [expanded] if width is None or len(expanded) <= width else wrap(expanded, width)


def _indent(line: str) -> str:
    """Return a line's leading blanks as no-break characters, since Prefect's older pages show `&nbsp;` literally."""
    expanded = line.expandtabs(4)
    return NO_BREAK * min(40, len(expanded) - len(expanded.lstrip(" ")))


def item_as_hint(review: ReviewRecord, item: ReviewItem) -> str:
    """Return the case as help text of its form fields, which stays in view while they are filled in.

    Prefect's older pages render that help as Markdown, its newer ones literally: code is harmless and legible in both.
    """
    is_timed = SPEED in criteria_of(review, item)
    texts = [*_question_parts(item.question)]
    for position, output in enumerate(item.outputs):
        time = f", {shown_time(output.total_s)}" if is_timed else ""
        texts.append((f"{letter(position)}{time}", output.answer if output.answer.strip() else NO_ANSWER))
    return "\n\n".join(f"{for_markdown(title)}: {as_code(text)}" for title, text in texts)


def as_code(text: str) -> str:
    """Return a text as lines of code, its end cut off where it is long: harmless in Markdown, legible without it."""
    shown = text.strip("\n")
    shown = shown if len(shown) <= LONGEST_HINT else f"{shown[:LONGEST_HINT]} … (all of it stands above)"
    return "\n\n".join(_code_line(line) for line in shown.split("\n") if line.strip())


def _code_line(line: str) -> str:
    words = _indent(line) + one_line(line)
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", words)), default=0))
    edge = " " if len(fence) > 1 else ""
    return f"{fence}{edge}{words}{edge}{fence}"
