"""Texts that the order of sentences is learned from: none that `quality_corruptions.py` reports on, none of the suites.

- the tuning half of the docstrings, and the docstrings of all other packages that are installed
- news, one text a line: the Lee corpus, in the wheel of gensim (`--lines gensim/test/test_data/lee_background.cor`)
- dictionaries of the dictd format, one text an entry: Debian's dict-foldoc and dict-jargon (`--dictd foldoc.dict.dz`)

They are read where they are, never copied.
"""

import gzip
import re
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from quality_texts import (
    MODULES_OF_PYTHON,
    PACKAGES,
    SUITES,
    GoodText,
    good_texts,
    is_good,
    is_prose,
    text_of,
    texts_below,
)

DOCSTRINGS_OF_PACKAGES = frozenset({*PACKAGES, MODULES_OF_PYTHON})
_MOST_SENTENCES = 25
_ASIDE = re.compile(r"^\s*(?:\[[^\]]*\]\s*|<[^>]*>\s*|\d+\.\s*)+|/[^/\n]{1,25}/,?\s*(?:(?:n|v|adj|vt|vi|interj)\.\s*)?")


def texts_to_learn_from(lines: Sequence[Path], dictd: Sequence[Path]) -> list[GoodText]:
    """The same list for the same files and packages; no two share a sentence, nor one with a text of the report."""
    every = good_texts()
    kept = [text for text in every if text.tuning and text.source not in SUITES]
    known = {sentence for text in every for sentence in text.sentences}
    for text in _candidates(lines, dictd):
        if is_good(text) and known.isdisjoint(text.sentences):
            known.update(text.sentences)
            kept.append(text)
    return kept


def _candidates(lines: Sequence[Path], dictd: Sequence[Path]) -> Iterator[GoodText]:
    yield from _other_docstrings()
    for path in lines:
        bodies = path.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from _texts(path.stem, bodies)
    for path in dictd:
        yield from _texts(path.name.partition(".")[0], _entries(path))


def _other_docstrings() -> Iterator[GoodText]:
    purelib, stdlib = Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"))
    folders = [(path.name, path) for path in sorted(purelib.iterdir()) if path.is_dir() and path.suffix != ".dist-info"]
    for source, folder in [(MODULES_OF_PYTHON, stdlib), *folders]:
        for text in sorted(texts_below(source, folder), key=lambda text: text.digest):
            if text.tuning or source not in DOCSTRINGS_OF_PACKAGES:
                yield text


def _texts(source: str, bodies: Iterable[str]) -> Iterator[GoodText]:
    for body in bodies:
        text = text_of(source, body)
        yield GoodText(source=source, sentences=text.sentences[:_MOST_SENTENCES])


def _entries(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        for entry in re.split(r"\n(?=\S)", file.read()):
            body = "\n".join(line.strip() for line in entry.splitlines()[1:])
            paragraphs = (_ASIDE.sub("", each) for each in re.split(r"\n\s*\n", re.sub(r"[{}\u00ad]", "", body)))
            yield "\n\n".join(each for each in paragraphs if is_prose(each))
