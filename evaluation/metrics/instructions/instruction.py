"""The base class of instructions: a frozen dataclass whose fields are its arguments and which checks an answer.

Together, all kinds reproduce the published checker of IFEval (Zhou et al. 2023, arXiv:2311.07911), including its
quirks: a number that can be compared with published ones is worth more than a better rule.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar

from evaluation.errors import ConfigurationError


class Relation(StrEnum):
    """Comparison of a count with a threshold."""

    LESS_THAN = "less than"
    AT_LEAST = "at least"

    def holds(self, count: int, threshold: int) -> bool:
        """Check whether `count` satisfies the relation to `threshold`."""
        return count < threshold if self is Relation.LESS_THAN else count >= threshold


@dataclass(frozen=True, kw_only=True)
class Instruction(ABC):
    """A requirement that can be verified on an answer. Fields have the names of IFEval's `kwargs`."""

    name: ClassVar[str]
    """IFEval's id: `keywords:existence`."""

    @abstractmethod
    def is_followed(self, answer: str) -> bool:
        """Check whether the answer, which is not blank, follows the instruction."""

    @property
    def shown(self) -> str:
        """The id with its arguments, in short: `punctuation:no_comma`, `keywords:existence(keywords=('a', 'b'))`."""
        pairs = [f"{field.name}={_shortened(getattr(self, field.name))}" for field in fields(self)]
        return f"{self.name}({', '.join(pairs)})" if pairs else self.name

    def refuse(self, argument: str, expected: str) -> ConfigurationError:
        """Return the error for an argument with an invalid value, for the caller to raise."""
        value = _shortened(getattr(self, argument))
        return ConfigurationError(f"{self.name}: {argument}={value} is not {expected}", f"Give it {expected}")


def _shortened(value: object) -> str:
    text = repr(str(value) if isinstance(value, StrEnum) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_ENDLESS = re.compile(r"(?<!\\)(?:\\\\)*[*+{]")


def check_pattern(instruction: Instruction, argument: str, pattern: str) -> None:
    r"""Raise `ConfigurationError` where a word cannot be searched for: `C++` must be written `C\+\+`."""
    if _ENDLESS.search(pattern):
        raise ConfigurationError(
            f"{instruction.name}: {pattern!r} in {argument} contains *, + or {{, "
            "which are unbounded quantifiers in a regular expression",
            "Put a backslash before each of them",
        )
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigurationError(
            f"{instruction.name}: {pattern!r} in {argument} is not a valid regular expression: {error}",
            "Words are read as Python regular expressions: put a backslash before . ? ( ) [ ] | ^ $ that are meant so",
        ) from error
