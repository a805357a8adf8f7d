"""Which passages of an answer's sources are relevant to its case?

A relevant passage that the case names counts as found in a source where the source is of its document (if one is named)
and holds its text (if one is named), blanks and line breaks counting as one blank. Of a text of 12 words or more it is
enough that the source holds half of them, one after another: a boundary between chunks may cut it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.passage import Passage
from evaluation.relevant_passages import RelevantPassage
from evaluation.words import words_of

LONG_TEXT = 12
"""Words from which on a half is enough; half of a shorter text is in too many passages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSources:
    """The sources of an answer, in their order, beside the relevant passages of its case."""

    holders: tuple[tuple[int, ...], ...]
    """Of each relevant passage the sources, from 0, that hold it."""
    ids: tuple[str, ...]
    """A name for each source."""

    @property
    def relevant(self) -> dict[str, float]:
        """Grade 1 for each source that holds a relevant passage, and for each passage that none holds."""
        return dict.fromkeys([self.ids[place] for places in self.holders for place in places] + self._missing, 1.0)

    @property
    def new(self) -> dict[str, float]:
        """The number of relevant passages that each source is the first to hold, and 1 for each that none holds.

        A source that repeats what one before it holds adds nothing, and so has no grade.
        """
        firsts = [self.ids[places[0]] for places in self.holders if places]
        return {name: float(firsts.count(name)) for name in firsts} | dict.fromkeys(self._missing, 1.0)

    @property
    def _missing(self) -> list[str]:
        return [f"missing {number}" for number, places in enumerate(self.holders) if not places]


def judged(sources: Sequence[Passage], relevant: Sequence[RelevantPassage]) -> JudgedSources:
    """Return which sources hold which relevant passages."""
    holders = (
        tuple(place for place, source in enumerate(sources) if _is_of(source, entry) and holds(source.text, entry))
        for entry in relevant
    )
    return JudgedSources(holders=tuple(holders), ids=tuple(f"source {place}" for place in range(len(sources))))


def _is_of(source: Passage, relevant: RelevantPassage) -> bool:
    return relevant.path is None or relevant.path == source.document


def holds(source: str, relevant: RelevantPassage) -> bool:
    """Check whether a text holds the relevant passage's text, whichever document they are of."""
    if relevant.text is None:
        return True
    if " ".join(relevant.text.split()) in " ".join(source.split()):
        return True
    text = words_of(relevant.text)
    return len(text) >= LONG_TEXT and _holds_half(words_of(source), text)


def _holds_half(words: Sequence[str], text: Sequence[str]) -> bool:
    """Check for a run of at least half of the text's words; each such run has one of the words in the middle."""
    n_needed = (len(text) + 1) // 2
    return any(
        _run(words, text, place, middle) >= n_needed
        for middle in {n_needed - 1, len(text) - n_needed}
        for place, word in enumerate(words)
        if word == text[middle]
    )


def _run(words: Sequence[str], text: Sequence[str], place: int, at: int) -> int:
    """Return how many words agree around `words[place]` and `text[at]`."""
    before = 0
    while before < min(place, at) and words[place - before - 1] == text[at - before - 1]:
        before += 1
    after = 1
    while place + after < len(words) and at + after < len(text) and words[place + after] == text[at + after]:
        after += 1
    return before + after
