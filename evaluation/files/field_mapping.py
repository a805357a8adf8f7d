"""Field mappings such as `prompt=question`, given as words or as a mapping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.errors import ConfigurationError

DETAILS = "details."
"""Prefix of our name for a field that is kept in a case's details: `details.level=level`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUse:
    """Use of a file's fields whose names differ from ours."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    """The file's field names by our field names."""
    kept: tuple[str, ...] = ()
    """Fields kept in the cases' details and not used otherwise."""
    ignored: tuple[str, ...] = ()
    """Fields left out at the user's request."""

    def as_sentences(self) -> tuple[str, ...]:
        """Return the notes for the user on how fields were used."""
        read = ", ".join(f"{ours} from {theirs!r}" for ours, theirs in self.mapped.items())
        lists = (("kept in details", self.kept), ("ignored", self.ignored))
        named = [f"{words}: {named_fields(names)}" for words, names in lists if names]
        return (*([f"read as ours: {read}"] if read else []), *named)


def read_mapping(words: Sequence[str]) -> dict[str, str]:
    """Return our field names to the file's, of `ours=theirs` words.

    Raises:
        ConfigurationError: a word is not `ours=theirs`, or a field is mapped twice.
    """
    mapping: dict[str, str] = {}
    for word in words:
        ours, sign, theirs = word.partition("=")
        if not sign or not ours or not theirs:
            raise ConfigurationError(f"--field {word!r} is not of the form OURS=THEIRS", "For example prompt=question.")
        if ours in mapping:
            raise ConfigurationError(
                f"--field {ours!r} is given twice: {mapping[ours]!r} and {theirs!r}", "Give it once."
            )
        mapping[ours] = theirs
    return mapping


def named_fields(names: Sequence[str], *, most: int = 20) -> str:
    """Return the names in one line, for a message: long ones truncated, many of them counted."""
    listed = ", ".join(repr(name if len(name) <= 60 else name[:57] + "...") for name in names[:most])
    return listed + (f", … ({len(names)} in all)" if len(names) > most else "")
