"""Prompt rendering: fill a benchmark's template with a case's fields."""

import re
from collections.abc import Mapping

from evaluation.benchmarks.formats.format import letter
from evaluation.case import Benchmark, Case, Message
from evaluation.errors import BenchmarkError

PLACEHOLDER = re.compile(r"\{(prompt|context|choices|labels)\}")


def render(benchmark: Benchmark, case: Case) -> tuple[Message, ...]:
    """Return the messages of a case, before any prompt profile.

    A conversation keeps its turns: the benchmark's system text goes in front where it has none, the template around
    its last user message.

    Raises:
        BenchmarkError: the user's prompt would be empty.
    """
    turns = list(case.messages) or [Message(role="user", content=case.prompt)]
    last_user_index = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=None)
    prompt = (
        _filled(benchmark.prompt.template, case, turns[last_user_index].content) if last_user_index is not None else ""
    )
    if last_user_index is None or not prompt.strip():
        raise BenchmarkError(
            benchmark.source or benchmark.name,
            f"case {case.case_id!r} asks nothing: its rendered prompt is empty",
            field="messages" if case.messages else "prompt",
            expected="text for the user's message",
        )
    turns[last_user_index] = Message(role="user", content=prompt)
    if benchmark.prompt.system and all(turn.role != "system" for turn in turns):
        turns.insert(0, Message(role="system", content=benchmark.prompt.system))
    return tuple(turns)


def shown_fields(template: str) -> frozenset[str]:
    """Return which fields of a case, beside its prompt, a template shows: `documents`, `choices`."""
    names = {match[1] for match in PLACEHOLDER.finditer(template)}
    return frozenset(
        {"context": "documents", "choices": "choices", "labels": "choices"}[name] for name in names - {"prompt"}
    )


def check_renderable(benchmark: Benchmark) -> None:
    """Raise `BenchmarkError` for the first case whose prompt would be empty."""
    for case in benchmark.cases:
        render(benchmark, case)


def _filled(template: str, case: Case, prompt: str) -> str:
    """Return the template with its placeholders replaced in one pass, which leaves braces in a case's text alone."""
    values: Mapping[str, str] = {
        "prompt": prompt,
        "context": "\n\n".join(case.context),
        "choices": "\n".join(f"{letter(index)}. {choice}" for index, choice in enumerate(case.choices)),
        "labels": ", ".join(case.choices),
    }
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)
