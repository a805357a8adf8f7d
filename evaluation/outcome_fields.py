"""The fields of an outcome as one flat list, shared by the store, exports and results.

A field that is added to `Generation` or `Timing` is stored, read back, exported and counted as a figure without further
code; what remains to add is its column, its place in the results of a case, and the provider that fills it. Fields that
are stored elsewhere (`WITHOUT_COLUMN`) are not among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_type_hints

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome, Timing

WITHOUT_COLUMN = frozenset({"sources", "mean_logprob", "wait_s", "cost_usd"})
"""Fields of an answer that are stored elsewhere: no columns of answers, and not among the flat values."""


def _kinds(of: type[Generation | Timing]) -> Iterator[tuple[str, type]]:
    hints = get_type_hints(of)
    for name in (each.name for each in fields(of) if each.name not in WITHOUT_COLUMN):
        kind = next((kind for kind in get_args(hints[name]) if kind is not NoneType), hints[name])
        if kind is Timing:
            yield from _kinds(Timing)
        else:
            yield name, kind


KINDS: Mapping[str, type] = dict(_kinds(Generation))
"""Types of an answer's fields, with those of its timing in place of it; None is left out of unions."""
SECONDS = tuple(each.name for each in fields(Timing))
_WITHOUT_TEXTS = tuple(
    name for name, kind in KINDS.items() if name not in SECONDS and kind is not str and kind is not FailureKind
)
FIGURES = (*_WITHOUT_TEXTS, *SECONDS)
"""Fields of an answer other than texts, with its timing: the input of summaries."""
TEXTS = tuple(name for name, kind in KINDS.items() if kind is str or kind is FailureKind)
"""An answer's texts, and how it failed."""
_OWN = tuple(name for name in KINDS if name not in SECONDS)
_WORDS = {name: kind for name, kind in KINDS.items() if issubclass(kind, StrEnum)}
FIELDS_OF_A_FAILURE = tuple(each.name for each in fields(Failure) if each.name != "kind")
"""Fields of a failure of the server but its kind."""


def names_of(kind: type) -> frozenset[str]:
    """Return the names of the fields of that type: `float`, `int`, `bool` or `str`."""
    return frozenset(name for name, each in KINDS.items() if each is kind)


def flat_values(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome's fields by name, without the kind of a failure; enumeration members as their values."""
    if isinstance(outcome, Failure):
        return {name: getattr(outcome, name) for name in FIELDS_OF_A_FAILURE}
    values = {name: getattr(outcome, name) for name in _OWN}
    for name in _WORDS:
        values[name] = None if values[name] is None else values[name].value
    return values | {name: getattr(outcome.timing, name, None) for name in SECONDS}


def answer_of(values: Mapping[Any, Any]) -> Generation:
    """Return the answer that was given to `flat_values`, from a mapping that may hold more."""
    return _answer({name: values[name] for name in _OWN}, values)


def figures_of(values: Mapping[Any, Any]) -> Generation:
    """Return an answer without its texts, from a mapping that holds `FIGURES`."""
    return _answer({"text": "", "answer": ""} | {name: values[name] for name in _WITHOUT_TEXTS}, values)


def texts_of(values: Mapping[Any, Any]) -> Generation:
    """Return an answer without its figures, from a mapping that holds `TEXTS`."""
    own = {name: values[name] for name in TEXTS}
    for name in _WORDS.keys() & own.keys():
        own[name] = None if own[name] is None else _WORDS[name](own[name])
    return Generation(**own)


def _answer(own: dict[str, Any], values: Mapping[Any, Any]) -> Generation:
    for name, kind in _WORDS.items():
        if (word := own.get(name)) is not None:
            own[name] = kind(word)
    timing = None if values["total_s"] is None else Timing(**{name: values[name] for name in SECONDS})
    return Generation(timing=timing, **own)


def failure_of(kind: FailureKind, values: Mapping[Any, Any]) -> Failure:
    """Return the failure that was given to `flat_values`, from a mapping that may hold more."""
    return Failure(kind=kind, **{name: values[name] for name in FIELDS_OF_A_FAILURE})
