"""Prompts as people write them, each about a subject whose words it holds, in one of several ways of asking."""

from collections.abc import Sequence

import numpy as np


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SUBJECTS: dict[str, tuple[str, ...]] = {
    "arithmetic": _words(
        "apples coins dollars price discount total percent hours speed distance average remaining dozen twice half "
        "profit interest salary tickets boxes share equally minutes litres kilograms"
    ),
    "python": _words(
        "def return import list dict loop function class exception string index tuple generator lambda decorator "
        "numpy pandas iterator recursion traceback None self print range async"
    ),
    "history": _words(
        "empire treaty king revolution battle century parliament colony dynasty siege republic emperor alliance "
        "archive medieval independence crown rebellion fortress reform monarchy exile chronicle senate"
    ),
    "medicine": _words(
        "patient dose symptoms diagnosis infection fever antibiotic blood surgery chronic therapy trial cardiac "
        "vaccine clinical lesion nurse allergy insulin tumour pressure kidney acute relapse"
    ),
    "law": _words(
        "contract clause liability tenant court plaintiff statute damages breach notice appeal licence lease "
        "evidence defendant agreement warranty jurisdiction consent property settlement ruling party"
    ),
    "letters": _words(
        "Sehr geehrte Damen Herren vielen Dank für Ihre Anfrage wir bitten um eine Antwort bis Freitag mit "
        "freundlichen Grüßen die Rechnung liegt dem Schreiben bei und wird nicht später bezahlt"
    ),
}
_FILLER = _words(
    "the a of and to in we it this that with from when which after before should there because while about many some "
    "first last new old small large given usually often never people report question answer please note also still"
)
ASKING: dict[str, tuple[str, ...]] = {
    "question_answering": (
        "Answer briefly. {body} What follows from this about {word}?",
        "{body}\nQuestion: who or what is meant by {word}?",
        "Read and answer: {body} Why does {word} matter here?",
    ),
    "summarization": (
        "Summarize in two sentences:\n{body}",
        "{body}\n\nGive the gist, and keep {word} in it.",
        "Shorten this for a newsletter. {body}",
    ),
    "classification": (
        "Text: {body}\nLabels: positive, negative, neutral",
        "Which label fits? {body} (complaint / praise / request)",
        "{body}\nIs {word} the main topic, yes or no?",
    ),
    "reasoning": (
        "{body} How many {word} are there in the end? Think step by step.",
        "Suppose that {body} What is the least number of {word}?",
        "1. {body}\n2. Consider {word}.\nWhich conclusion holds?",
    ),
}
TASKS = tuple(ASKING)


def draw_prompts(
    tasks: Sequence[str], rng: np.random.Generator
) -> tuple[tuple[str, ...], "np.typing.NDArray[np.int64]"]:
    """A prompt for each named task, and the position of its subject in `SUBJECTS`."""
    subjects = rng.integers(len(SUBJECTS), size=len(tasks))
    vocabularies = tuple(SUBJECTS.values())
    return tuple(_prompt(task, vocabularies[at], rng) for task, at in zip(tasks, subjects, strict=True)), subjects


def _prompt(task: str, vocabulary: Sequence[str], rng: np.random.Generator) -> str:
    sentences = [_sentence(vocabulary, rng) for _ in range(int(rng.integers(2, 6)))]
    form = ASKING[task][int(rng.integers(len(ASKING[task])))]
    return form.format(body=" ".join(sentences), word=vocabulary[int(rng.integers(len(vocabulary)))])


def _sentence(vocabulary: Sequence[str], rng: np.random.Generator) -> str:
    """About a third of the words tell the subject; the others, and numbers, occur everywhere."""
    n_words = int(rng.integers(7, 16))
    telling = rng.random(n_words) < 0.3
    own, other = rng.integers(len(vocabulary), size=n_words), rng.integers(len(_FILLER), size=n_words)
    found = [vocabulary[a] if tells else _FILLER[b] for tells, a, b in zip(telling, own, other, strict=True)]
    if rng.random() < 0.4:
        found.insert(int(rng.integers(n_words)), str(int(rng.integers(2, 400))))
    return " ".join(found).capitalize() + "."
