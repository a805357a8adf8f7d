"""Safety check of the regular expressions in a benchmark's instructions.

The published checker reads the words of a benchmark file as regular expressions. They are searched in text from a
model: whatever it wrote, the search must end soon. Without `*`, `+` and `{` a search takes time proportional to the
length of the text.
"""

import re

from evaluation.errors import ConfigurationError
from evaluation.metrics.instructions.instruction import Instruction

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
