"""Good texts that are on this machine already: read where they are, never copied.

The documents of the standard suites, and the prose (whole paragraphs, no lists, no code) of the docstrings of the
standard library and of installed packages. Which there are depends on what is installed.
"""

import ast
import hashlib
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import measuring  # noqa: F401  (puts the checkout first on the path)

from evaluation.benchmarks.suites import load_suite
from evaluation.metrics.quality.reading import sentences, words

SUITES = ("summarization", "question_answering")
PACKAGES = (
    "sklearn",
    "scipy",
    "numpy",
    "pandas",
    "nltk",
    "sqlalchemy",
    "prefect",
    "hypothesis",
    "jinja2",
    "mypy",
    "coverage",
)
MODULES_OF_PYTHON = "python"
_FEWEST, _MOST = 5, 30
_LARGEST_FILE = 400_000
_NO_PROSE = re.compile(
    r"^\s*(?:[-*+>.|#:=~^`$@(\[<%\\]|\d+[.)]|(?:\w+\s*){1,3}:\s*\S*$)|>>>|::|[{}=<>|\\]|https?:|\.\. |\*\*|``.{25}"
)
_MARKUP = re.compile(
    r":\w+(?::\w+)?:`~?([^`<]+?)(?:\s*<[^`]*>)?`_*|``([^`]*)``|`([^`<]+?)(?:\s*<[^`]*>)?`_*|\s*\[\d+\]_"
)
_IN_PACKAGES = re.compile(r"/(?:tests?|testing|_vendor|vendor|lib2to3|idlelib|site-packages)/")


@dataclass(frozen=True, slots=True)
class GoodText:
    """A text of 5 to 30 sentences."""

    source: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """One paragraph: where paragraphs end must not give the order away."""
        return " ".join(self.sentences)

    @property
    def digest(self) -> str:
        """64 hex digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def tuning(self) -> bool:
        """True for the half on which a metric's constants may be chosen; figures are reported on the other."""
        return int(self.digest[0], 16) % 2 == 0


def good_texts(*, most_of_one_package: int = 120, suites_only: bool = False) -> list[GoodText]:
    """All texts, in an order that depends on nothing but the texts. No two share a sentence."""
    known: set[str] = set()
    kept: list[GoodText] = []
    for source, texts in _sources(suites_only=suites_only):
        n_left = len(texts) if source in SUITES else most_of_one_package
        for text in sorted((text for text in texts if is_good(text)), key=lambda text: text.digest):
            if n_left and known.isdisjoint(text.sentences):
                known.update(text.sentences)
                kept.append(text)
                n_left -= 1
    return sorted(kept, key=lambda text: text.digest)


def _sources(*, suites_only: bool) -> Iterator[tuple[str, list[GoodText]]]:
    for name in SUITES:
        yield name, [text_of(name, "\n\n".join(case.context)) for case in load_suite(name).cases]
    if suites_only:
        return
    purelib, stdlib = Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"))
    yield MODULES_OF_PYTHON, texts_below(MODULES_OF_PYTHON, stdlib)
    for package in PACKAGES:
        yield package, texts_below(package, purelib / package)


def text_of(source: str, body: str) -> GoodText:
    """The sentences of `body` as a text."""
    return GoodText(source=source, sentences=sentences(body))


def is_good(text: GoodText) -> bool:
    """True for a text of whole sentences, neither short nor long."""
    n_words = len(words(text.text))
    return (
        _FEWEST <= len(text.sentences) <= _MOST
        and 60 <= n_words <= 900
        and all(
            3 <= len(words(sentence)) <= 60
            and sentence.lstrip("\"(“‘'")[:1].isupper()
            and sentence.rstrip("\"')")[-1] in ".?!"
            for sentence in text.sentences
        )
    )


def texts_below(source: str, folder: Path) -> list[GoodText]:
    """A text for each docstring in the Python files of a folder, good or not."""
    texts: dict[str, GoodText] = {}
    for path in sorted(folder.rglob("*.py")):
        if _IN_PACKAGES.search(str(path.relative_to(folder.parent)).join("//")) or path.stat().st_size > _LARGEST_FILE:
            continue
        for docstring in _docstrings(path):
            text = text_of(source, _prose(docstring))
            texts[text.digest] = text
    return list(texts.values())


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def _prose(docstring: str) -> str:
    """The paragraphs of prose, in their order."""
    paragraphs = (
        _MARKUP.sub(lambda found: next(filter(None, found.groups()), ""), paragraph)
        for paragraph in re.split(r"\n[ \t]*\n", docstring)
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if is_prose(paragraph))


def is_prose(paragraph: str) -> bool:
    """True for a paragraph of sentences, without lists and code."""
    lines = paragraph.splitlines()
    if not lines or any(_NO_PROSE.search(line) or line[:1].isspace() for line in lines):
        return False
    return paragraph.rstrip().endswith((".", "?", "!")) and len(words(paragraph)) >= 6
