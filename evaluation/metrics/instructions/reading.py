"""The instructions of a case, parsed from its details.

They come from `details["instruction_id_list"]` and `details["kwargs"]`, as in IFEval's files. The published checker
draws an argument at random if it is missing or out of range. Here the case is rejected: a benchmark that differs from
run to run measures nothing.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, get_type_hints

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.metrics.instructions import INSTRUCTIONS
from evaluation.metrics.instructions.instruction import Instruction, Relation

NEXT_STEP = "Mend the case's instruction_id_list and kwargs"


def instructions_of(case: Case) -> tuple[Instruction, ...]:
    """Return the instructions of a case, at least one, in their order.

    Raises:
        UnknownNameError: an instruction that does not exist; lists those that do.
        ConfigurationError: no instruction, or arguments that it does not take.
    """
    ids, arguments = case.details.get("instruction_id_list"), case.details.get("kwargs")
    if not isinstance(ids, list | tuple) or not ids or not all(isinstance(name, str) for name in ids):
        raise ConfigurationError("details.instruction_id_list must be a list of instruction ids", NEXT_STEP)
    if not isinstance(arguments, list | tuple) or len(arguments) != len(ids):
        raise ConfigurationError("details.kwargs must be a list with one object per instruction", NEXT_STEP)
    return tuple(instruction_of(name, kwargs) for name, kwargs in zip(ids, arguments, strict=True))


def instruction_of(name: str, arguments: Any) -> Instruction:
    """Return one instruction from its id and an object of arguments, in which nulls count as missing."""
    kind = INSTRUCTIONS[name]
    if arguments is not None and not isinstance(arguments, Mapping):
        raise ConfigurationError(f"{name}: its kwargs must be an object, not {arguments!r}", NEXT_STEP)
    kwargs = {key: value for key, value in (arguments or {}).items() if value is not None}
    expected = {field.name for field in fields(kind)}
    if set(kwargs) != expected:
        raise ConfigurationError(
            f"{name} takes {_listed(expected)}, its kwargs hold {_listed(set(kwargs))}", next_step=NEXT_STEP
        )
    hints = get_type_hints(kind)
    return kind(**{key: _converted(name, key, value, hints[key]) for key, value in kwargs.items()})


def _converted(name: str, key: str, value: Any, hint: Any) -> Any:
    if hint is int:
        if type(value) in (int, float) and value >= 0 and float(value).is_integer():
            return int(value)
        raise _wrong(name, key, value, "a whole number from 0")
    if hint is Relation:
        if isinstance(value, str) and value in tuple(Relation):
            return Relation(value)
        raise _wrong(name, key, value, " or ".join(repr(relation.value) for relation in Relation))
    if hint is str:
        if _is_text(value):
            return value
        raise _wrong(name, key, value, "text that is not blank")
    if isinstance(value, list | tuple) and value and all(map(_is_text, value)):
        return tuple(value)
    raise _wrong(name, key, value, "a list of texts, at least one")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _wrong(name: str, key: str, value: Any, expected: str) -> ConfigurationError:
    shown = repr(value)
    return ConfigurationError(f"{name}: {key}={shown[:60]} is not {expected}", next_step=NEXT_STEP)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "no arguments"


def variants(answer: str) -> tuple[str, ...]:
    """Return the answer as it is and seven more: without its first line, its last or both, each also without asterisks.

    This forgives "Sure, here it is:" and bold type. Each text once.
    """
    lines = answer.split("\n")
    shortened = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    texts = [answer, *shortened]
    return tuple(dict.fromkeys([*texts, *(text.replace("*", "") for text in texts)]))


@lru_cache(maxsize=4)
def followed(instructions: tuple[Instruction, ...], answer: str, *, loosely: bool) -> tuple[bool, ...]:
    """Return, for each instruction, whether the answer (loosely: any of its variants) follows it.

    A blank answer follows none. Cached for a few answers, since several metrics ask for the same.
    """
    texts = [text for text in (variants(answer) if loosely else (answer,)) if text.strip()]
    return tuple(any(map(instruction.is_followed, texts)) for instruction in instructions)
