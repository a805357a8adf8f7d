"""Reads a corpus: the texts of a folder's documents, or of one file."""

import hashlib
import os
import stat
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import allowed_path
from evaluation.files.bounded_reading import in_mib
from evaluation.files.path_text import path_text
from evaluation.files.unreadable import unreadable
from evaluation.fingerprint import fingerprint
from evaluation.formatting import counted
from evaluation.retrieval.corpus_files import corpus_files, name_in, problem_of
from evaluation.retrieval.document_process import MEMORY_VARIABLE, TIMEOUT_VARIABLE, DocumentProcess
from evaluation.retrieval.left_out import (
    LONGEST_REASON,
    REFUSED,
    CorpusSummary,
    LeftOut,
    WhyLeftOut,
    named,
    summary_of,
)
from evaluation.retrieval.readers import PLAIN, READERS
from evaluation.retrieval.unreadable_document import Text, UnreadableDocumentError

LARGEST_FILE = 64 * 1024 * 1024
MOST_CHARACTERS = 500_000_000
"""Characters of all documents of a corpus together, which are held in memory while it is searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a corpus."""

    path: str
    r"""Relative to the corpus, with `/` between folders; bytes of a name that are not UTF-8 as `\xe9`."""
    text: str
    digest: str
    """SHA-256 of the file's bytes, in hex."""
    page_starts: tuple[int, ...] = field(default=(), repr=False)
    """Index in `text` at which each page begins; empty where the document has no pages."""

    def page_at(self, index: int) -> int | None:
        """Return the page, from 1, that holds the character at `index`; None where there are no pages."""
        return bisect_right(self.page_starts, index) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The documents that passages are searched in."""

    name: str
    """The path as it was named."""
    documents: tuple[Document, ...]
    """Those with text."""
    left_out: tuple[LeftOut, ...] = ()
    """What else is in its folders but for hidden files, in the order of names."""

    @property
    def digest(self) -> str:
        """Hash of all documents' paths and bytes: another one where any of them has changed."""
        return fingerprint([[document.path, document.digest] for document in self.documents])

    @property
    def summary(self) -> CorpusSummary:
        """What was read and what was left out, to be told and kept."""
        return summary_of(self.name, len(self.documents), self.left_out)


def read_corpus(path: Path, *, process: DocumentProcess | None = None) -> Corpus:
    """Read every document of a folder and its subfolders, or a single file.

    What is no document, or has no text, is left out with the reason; hidden files are left out without.

    Args:
        path: The folder or file.
        process: Reads what is more than plain text; None: one of its own.

    Raises:
        ConfigurationError: no such path, too many files or characters, documents that cannot be read, or none with
            text.
        ReadingEndedError: `process` was closed.
    """
    if process is None:
        with DocumentProcess() as own:
            return read_corpus(path, process=own)
    corpus = survey_corpus(path, process=process)
    refused = tuple(entry for entry in corpus.left_out if entry.why in REFUSED)
    if refused:
        raise _unreadable(corpus, refused)
    if not corpus.documents:
        raise _without_text(corpus)
    return corpus


def survey_corpus(path: Path, *, process: DocumentProcess) -> Corpus:
    """Return what can be read of a path, possibly nothing, with the reasons for the rest.

    Raises:
        ConfigurationError: no such path, or too many files or characters.
        ReadingEndedError: `process` was closed.
    """
    path = allowed_path(path, what="the corpus")
    files, left_out = _files(path)
    documents: dict[str, Document] = {}
    n_characters = 0
    for n_before, file in enumerate(files):
        name = name_in(path, file)
        read = read_document(file, name, process)
        n_characters += len(read.text) if isinstance(read, Document) else 0
        if n_characters > MOST_CHARACTERS:
            raise _too_much_text(path, n_before, len(files))
        if isinstance(read, LeftOut):
            left_out.append(read)
        elif name in documents:
            reason = "its name, which is not UTF-8, reads like another document's"
            left_out.append(LeftOut(path=name, why=WhyLeftOut.UNREADABLE, reason=reason))
        else:
            documents[name] = read
    return Corpus(
        name=path_text(path),
        documents=tuple(documents.values()),
        left_out=tuple(sorted(left_out, key=lambda entry: entry.path)),
    )


def read_document(file: Path, name: str, process: DocumentProcess) -> Document | LeftOut:
    """Return one document, or why it is left out: it cannot be opened, is too large, encrypted, damaged or empty.

    Args:
        file: The file, whose ending tells how it is read.
        name: Its path within the corpus.
        process: Reads it, unless it is plain text.

    Raises:
        ReadingEndedError: `process` was closed.
    """
    try:
        content = _content(file)
        text, page_starts = _text_of(file.suffix.lower(), content, process)
    except UnreadableDocumentError as error:
        return LeftOut(path=name, why=error.why, reason=str(error)[:LONGEST_REASON])
    except OSError as error:
        return problem_of(error, name)
    if not text or text.isspace():
        reason = "no text: a scan?" if page_starts else "no text"
        return LeftOut(path=name, why=WhyLeftOut.NO_TEXT, reason=reason)
    return Document(path=name, text=text, digest=hashlib.sha256(content).hexdigest(), page_starts=page_starts)


def _content(file: Path) -> bytes:
    """Return the bytes of a regular file, whatever took its place since it was listed."""
    with open(file, "rb", opener=_without_waiting) as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableDocumentError("no regular file any more", WhyLeftOut.NO_FILE)
        content = opened.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        n_bytes = max(status.st_size, len(content))
        raise UnreadableDocumentError(
            f"{in_mib(n_bytes)}, more than the {in_mib(LARGEST_FILE)} allowed", WhyLeftOut.TOO_LARGE
        )
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe would else wait for somebody who writes into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _text_of(kind: str, content: bytes, process: DocumentProcess) -> Text:
    if not content:
        return "", ()
    return READERS[kind](content) if kind in PLAIN else process.text_of(kind, content)


def _files(path: Path) -> tuple[list[Path], list[LeftOut]]:
    """Return the files to read and what else is there.

    Raises:
        ConfigurationError: there is no such path, it cannot be opened, or it is no document.
    """
    shown = path_text(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise ConfigurationError(f"no such corpus: {shown!r}", "Name a folder with documents, or a file.") from error
    except (OSError, ValueError) as error:
        raise unreadable(Path(shown), error, what="the corpus") from error
    if stat.S_ISDIR(mode):
        return corpus_files(path)
    if not stat.S_ISREG(mode):
        raise ConfigurationError(
            f"the corpus {shown!r} is a pipe or a device", "Name a folder with documents, or a file."
        )
    if path.suffix.lower() not in READERS:
        raise ConfigurationError(f"the corpus {shown!r} is no document of a kind that is read", f"Kinds: {_kinds()}.")
    return [path], []


def _unreadable(corpus: Corpus, refused: Sequence[LeftOut]) -> ConfigurationError:
    """Return the error for documents that were meant to be searched: results without them would mislead."""
    names = named(refused)
    return ConfigurationError(
        f"the corpus {corpus.name!r} has {counted(len(refused), 'document')} that cannot be read: {names}",
        "Mend or remove them, or hide them: files and folders whose names begin with a dot are not looked at."
        + _limits_met(refused),
    )


def _limits_met(refused: Iterable[LeftOut]) -> str:
    """Return which settings may be raised; empty where no document met their limits."""
    names = [
        name for name in (TIMEOUT_VARIABLE, MEMORY_VARIABLE) if any(entry.reason.endswith(name) for entry in refused)
    ]
    return f" Or raise {' and '.join(names)}." if names else ""


def _too_much_text(path: Path, n_before: int, n_files: int) -> ConfigurationError:
    return ConfigurationError(
        f"the corpus {path_text(path)!r} has more than the {MOST_CHARACTERS:,} characters of text allowed: "
        f"{n_before:,} of its {counted(n_files, 'document')} have fewer, the next one exceeds them",
        "Name a smaller folder, or evaluate its parts one by one.",
    )


def _without_text(corpus: Corpus) -> ConfigurationError:
    what = f"the corpus {corpus.name!r} has no text"
    if not corpus.left_out:
        return ConfigurationError(f"{what}: it is empty", f"Documents are {_kinds()}; hidden files are not read.")
    return ConfigurationError(f"{what}: {corpus.summary.counts}", _next_step(entry.why for entry in corpus.left_out))


def _next_step(reasons: Iterable[WhyLeftOut]) -> str:
    whys = set(reasons)
    steps = [f"Documents are {_kinds()}."] if WhyLeftOut.OTHER_KIND in whys else []
    steps += ["Scanned pages need text recognition first."] if WhyLeftOut.NO_TEXT in whys else []
    return " ".join(steps) or "Mend a document, or name another corpus."


def _kinds() -> str:
    return ", ".join(sorted(READERS))
