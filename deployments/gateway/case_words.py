"""Calls that give choices or documents: asked in the words of the benchmark by which their candidate was measured."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evaluation.benchmarks.rendering import render, shown_fields
from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.chat_protocols.calls import ChatCall, Turn
from evaluation.chat_protocols.case_fields import FIELD, CaseFields, names_fields
from evaluation.errors import ConfigurationError
from evaluation.resolution.deciding_benchmark import deciding_benchmark
from evaluation.store.session import Store

if TYPE_CHECKING:
    from evaluation.pipelines.pipeline import ChoiceUse

MOST_KEPT = 256
"""Benchmarks' words that are kept for later calls."""
_SHOWN: Mapping[str, str] = {"choices": "choices", "documents": "passages"}


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The words and options in which a candidate is asked what a call gives."""

    benchmark: Benchmark
    options: Mapping[str, Any]
    """Effective options, as of an evaluation with those of the client over the benchmark's."""


class CallFieldsError(ConfigurationError):
    """A call lacks what its candidate was measured with, or gives what that does not read."""


class CaseWords:
    """Finds the benchmarks in whose words candidates are asked. Used on one event loop.

    Args:
        store: The runs that measured them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[tuple[str, str | None, frozenset[str]], Benchmark | None] = {}

    async def of(self, candidate: Candidate, call: ChatCall, *, task: str | None) -> Benchmark | None:
        """Return the benchmark for a call, with its words; None: the call gives nothing beside its messages.

        Raises:
            CallFieldsError: no benchmark of the candidate is stored.
        """
        if not call.fields.names:
            return None
        fields = frozenset(name for name in _SHOWN if getattr(call.fields, name))
        key = candidate.fingerprint, task, fields
        if key not in self._found:
            if len(self._found) >= MOST_KEPT:
                self._found.clear()
            self._found[key] = await asyncio.to_thread(
                deciding_benchmark, self._store, candidate.fingerprint, task=task, fields=fields
            )
        benchmark = self._found[key]
        if benchmark is None:
            raise CallFieldsError(
                f"the request gives `{FIELD}`, and no benchmark in whose words it was measured is stored",
                "Write it into the message, or evaluate the candidate.",
            )
        return benchmark


def refuse_fields(
    fields: CaseFields, benchmark: Benchmark, *, choice_use: "ChoiceUse" = "ignored", reads_all: bool = False
) -> None:
    """Refuse a call that lacks what its candidate was measured with, or gives what nobody would read.

    Args:
        fields: What the call gives; it gives something.
        benchmark: The benchmark in whose words it is asked.
        choice_use: What the candidate's pipeline does with choices.
        reads_all: Whether its pipeline may read every field.

    Raises:
        CallFieldsError: it does.
    """
    shown = shown_fields(benchmark.prompt.template)
    for name, words in _SHOWN.items():
        is_read = reads_all or name in shown or (name == "choices" and choice_use != "ignored")
        if getattr(fields, name) and not is_read:
            raise CallFieldsError(
                f"the benchmark {benchmark.name!r}, by which it was measured, shows no {words}, and the request gives "
                f"`{FIELD}.{name}`",
                "Write them into the message, or name another model.",
            )
    for name in ("tags", "details"):
        if getattr(fields, name) and not reads_all:
            raise CallFieldsError(
                f"the request gives `{FIELD}.{name}`, which only a pipeline of one's own reads",
                "Leave it out, or name another model.",
            )
    for name in sorted(shown):
        if getattr(fields, name) is None:
            empty = "; an empty list where there are none" if name == "documents" else ""
            raise CallFieldsError(
                f"the benchmark {benchmark.name!r}, by which it was measured, shows {_SHOWN[name]}, and the request "
                f"gives `{FIELD}` without `{name}`",
                f"Give `{FIELD}.{name}`{empty}.",
            )


def refuse_fields_of(body: Mapping[str, Any], model: str) -> None:
    """Refuse what a request for a real name gives beside its messages: it is passed on in the client's own words.

    Raises:
        ConfigurationError: it gives something.
    """
    if names_fields(body):
        raise ConfigurationError(
            f"the request gives {FIELD!r}, which is for `auto` and policies, and names {model[:200]!r}",
            "Write it into the message, or name a policy.",
        )


def must_have_choices(fields: CaseFields, pipeline: str, choice_use: "ChoiceUse") -> None:
    """Check that a call has the choices by which its candidate's pipeline counts answers.

    Raises:
        CallFieldsError: it has none.
    """
    if choice_use == "needed" and not fields.choices:
        raise CallFieldsError(
            f"its pipeline {pipeline!r} counts answers by the choices of a question, and the request gives none",
            f'Give `"{FIELD}": {{"choices": ["…", "…"]}}`, in Ollama\'s protocol within `options`.',
        )


def case_of(call: ChatCall, benchmark: Benchmark | None) -> tuple[Case, PromptTemplate]:
    """Return a call as a case and the words around it: a single question is its prompt, all else its conversation.

    Args:
        call: The call.
        benchmark: The benchmark in whose words it is asked; None: in its own.
    """
    fields = call.fields
    system = "\n\n".join(turn.text for turn in call.turns if turn.role == "system")
    rest = tuple(Message(role=turn.role, content=turn.text) for turn in call.turns if turn.role != "system")
    is_single = len(rest) == 1 and rest[0].role == "user"
    case = Case(
        case_id="call",
        prompt=rest[0].content if is_single else "",
        messages=() if is_single else rest,
        context=fields.documents or (),
        choices=fields.choices or (),
        tags=fields.tags,
        details=fields.details,
    )
    if benchmark is None:
        return case, PromptTemplate(system=system or None)
    return case, replace(benchmark.prompt, system=system or benchmark.prompt.system)


def worded(call: ChatCall, wording: Wording) -> ChatCall:
    """Return a call whose last question is asked in the words of a benchmark, with its choices and documents.

    The benchmark's system text goes in front where the client gives none.
    """
    place = max((i for i, turn in enumerate(call.turns) if turn.role == "user"), default=None)
    if place is None or not (call.turns[place].text.strip() or call.turns[place].images):
        raise ConfigurationError("the request holds no prompt", "Give at least one message of the user.")
    case, words = case_of(replace(call, turns=(call.turns[place],)), wording.benchmark)
    *_, question = render(replace(wording.benchmark, prompt=words), case)
    turns = list(call.turns)
    turns[place] = replace(turns[place], text=question.content)
    if words.system and all(turn.role != "system" for turn in turns):
        turns.insert(0, Turn(role="system", text=words.system))
    return replace(call, turns=tuple(turns), options={**call.options, **wording.options})
