"""What a corpus has that is not searched, and why: left out, or a reason to refuse the corpus."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evaluation.formatting import counted

NAMED_IN_A_LINE = 3
MOST_KEPT = 1_000
"""Entries that are named in JSON and in the store, beside the counts of all: a folder may hold 100,000 pictures."""
LONGEST_SHOWN = 80
LONGEST_REASON = 200
"""Letters of a reason: libraries quote what a damaged file holds."""


class WhyLeftOut(StrEnum):
    """Kinds of reasons; those that a user has most likely not expected first."""

    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    NOT_UTF_8 = "not_utf_8"
    TOO_LARGE = "too_large"
    """The file, what it unpacks to, its text, or the memory that reading it takes."""
    TOO_SLOW = "too_slow"
    """Not read within its time, or not tried after others that were not."""
    UNREADABLE = "unreadable"
    """The file system refuses it."""
    NO_FILE = "no_file"
    """A pipe, a socket, a device, a link to nothing or to a folder."""
    NO_TEXT = "no_text"
    OTHER_KIND = "other_kind"
    """An ending that no reader is for."""


REFUSED = frozenset(
    {
        WhyLeftOut.DAMAGED,
        WhyLeftOut.ENCRYPTED,
        WhyLeftOut.NOT_UTF_8,
        WhyLeftOut.TOO_LARGE,
        WhyLeftOut.TOO_SLOW,
        WhyLeftOut.UNREADABLE,
    }
)
"""Reasons for which a corpus is refused: somebody meant such a document to be searched."""
_IN_WORDS: Mapping[WhyLeftOut, str] = {
    WhyLeftOut.DAMAGED: "damaged",
    WhyLeftOut.ENCRYPTED: "encrypted",
    WhyLeftOut.NOT_UTF_8: "not in UTF-8",
    WhyLeftOut.TOO_LARGE: "too large",
    WhyLeftOut.TOO_SLOW: "too slow to read",
    WhyLeftOut.UNREADABLE: "unreadable",
    WhyLeftOut.NO_FILE: "no regular file",
    WhyLeftOut.NO_TEXT: "without text",
    WhyLeftOut.OTHER_KIND: "of another kind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file or folder of a corpus that is not read."""

    path: str
    """Relative to the corpus, with `/` between folders; a folder's ends with `/`."""
    why: WhyLeftOut
    reason: str
    """In a few words; may quote what the file holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSummary:
    """What was read of a corpus, and what was left out."""

    corpus: str
    """The path as it was named."""
    n_documents: int
    """Documents that are searched."""
    n_left_out: int
    left_out_by_reason: Mapping[str, int]
    """How many, by the values of `WhyLeftOut`."""
    left_out: tuple[LeftOut, ...]
    """At most `MOST_KEPT`: those first that a user has most likely not expected."""

    @property
    def line(self) -> str:
        """One line of printable characters: the counts, and the first few names."""
        return f"corpus {_shown(self.corpus)}: {self.counts}"

    @property
    def counts(self) -> str:
        """The line without the corpus's name."""
        line = f"{counted(self.n_documents, 'document')} read"
        if not self.n_left_out:
            return line
        names = named(self.left_out, n=self.n_left_out)
        if self.n_left_out <= NAMED_IN_A_LINE:
            return f"{line}; {self.n_left_out} left out: {names}"
        counts = ", ".join(f"{n:,} {_IN_WORDS[WhyLeftOut(why)]}" for why, n in self.left_out_by_reason.items())
        return f"{line}; {self.n_left_out:,} left out ({counts}): {names}"


def named(entries: Sequence[LeftOut], *, n: int | None = None) -> str:
    """Return the first few entries with their reasons as printable text, and how many more there are.

    Args:
        entries: Some of them, those that matter most first.
        n: How many there are; None: these.
    """
    first = entries[:NAMED_IN_A_LINE]
    names = ", ".join(f"{_shown(entry.path)} ({_shown(entry.reason)})" for entry in first)
    n_more = (len(entries) if n is None else n) - len(first)
    return f"{names} and {counted(n_more, 'other')}" if n_more else names


def summary_of(corpus: str, n_documents: int, left_out: Sequence[LeftOut]) -> CorpusSummary:
    """Return the summary of a corpus.

    Args:
        corpus: Its path.
        n_documents: Documents that were read.
        left_out: All that was left out.
    """
    counts = Counter(entry.why for entry in left_out)
    ranks = {why: rank for rank, why in enumerate(WhyLeftOut)}
    ordered = sorted(left_out, key=lambda entry: (ranks[entry.why], entry.path))
    return CorpusSummary(
        corpus=corpus,
        n_documents=n_documents,
        n_left_out=len(left_out),
        left_out_by_reason={str(why): counts[why] for why in WhyLeftOut if counts[why]},
        left_out=tuple(ordered[:MOST_KEPT]),
    )


def summary_from(fields: Mapping[str, Any]) -> CorpusSummary:
    """Return the summary of which `dataclasses.asdict` made these fields, also by way of JSON."""
    left_out = tuple(LeftOut(**{**entry, "why": WhyLeftOut(entry["why"])}) for entry in fields["left_out"])
    return CorpusSummary(**{**fields, "left_out": left_out})


def _shown(text: str) -> str:
    """Return a short text as printable characters: names of files and words of damaged ones may hold any."""
    shown = text if text.isprintable() else repr(text)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1]}…"
